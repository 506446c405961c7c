#!/usr/bin/env python3
"""The seed of a service: asks it for /seed. Used by a_service_is_seeded_once.aot."""
import os, urllib.request

urllib.request.urlopen(os.environ["SERVICE_URL"] + "/seed", timeout=5)
