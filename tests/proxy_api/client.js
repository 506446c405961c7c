// Toxiproxy's own JavaScript client (toxiproxy-node-client) against `aot proxy`: node client.js MODULES API UPSTREAM
"use strict";
const assert = require("assert");
const net = require("net");
const [modules, api, upstream] = process.argv.slice(2);
const { Toxiproxy } = require(`${modules}/toxiproxy-node-client`);

async function main() {
    const toxiproxy = new Toxiproxy(api);
    assert.match(await toxiproxy.getVersion(), /^\{"version": "[^"]+"\}\n$/);
    assert.deepStrictEqual(await toxiproxy.getAll(), {});

    const proxy = await toxiproxy.createProxy({ name: "one", listen: "localhost:0", upstream });
    assert.match(proxy.listen, /^127\.0\.0\.1:\d+$/);
    assert.strictEqual(proxy.enabled, true);
    assert.strictEqual((await toxiproxy.get("one")).listen, proxy.listen);
    await assert.rejects(toxiproxy.createProxy({ name: "one", listen: "localhost:0", upstream }), /status code 409/);
    await assert.rejects(toxiproxy.createProxy({ name: "two" }), /status code 400/);
    await assert.rejects(toxiproxy.get("nope"), /status code 404/);

    const off = await proxy.update({ enabled: false, listen: proxy.listen, upstream });
    assert.strictEqual(off.enabled, false);
    await assert.rejects(connect(proxy.listen), { code: "ECONNREFUSED" });
    const on = await off.update({ enabled: true, listen: proxy.listen, upstream });
    assert.strictEqual(on.listen, proxy.listen);
    (await connect(proxy.listen)).destroy();

    const kinds = { latency: { latency: 10, jitter: 1 }, bandwidth: { rate: 10 }, slow_close: { delay: 5 }, timeout: { timeout: 5 }, reset_peer: { timeout: 5 },
        slicer: { average_size: 5, size_variation: 1, delay: 2 }, limit_data: { bytes: 5 } };
    for (const [type, attributes] of Object.entries(kinds)) {
        const toxic = await proxy.addToxic({ name: `my_${type}`, type, stream: "upstream", toxicity: 0.5, attributes });
        assert.deepStrictEqual(toxic.toJson(), { attributes, name: `my_${type}`, stream: "upstream", toxicity: 0.5, type });
        assert.deepStrictEqual((await proxy.getToxic(`my_${type}`)).toJson(), toxic.toJson());
        await toxic.update({ attributes, toxicity: 1, name: toxic.name, stream: "upstream", type });
        assert.strictEqual((await proxy.getToxic(toxic.name)).toxicity, 1);
        await assert.rejects(proxy.addToxic({ name: toxic.name, type, attributes }), /status code 409/);
        await toxic.remove();
        await assert.rejects(proxy.getToxic(toxic.name), /status code 404/);
    }
    await assert.rejects(proxy.addToxic({ type: "nope", attributes: {} }), /status code 400/);

    const all = await toxiproxy.populate([{ name: "one", listen: proxy.listen, upstream }, { name: "three", listen: "localhost:0", upstream, enabled: false }]);
    assert.deepStrictEqual(Object.keys(all).sort(), ["one", "three"]);
    assert.strictEqual(all.three.enabled, false);
    await proxy.addToxic({ type: "timeout", attributes: { timeout: 0 } });
    await toxiproxy.reset();
    assert.strictEqual((await toxiproxy.get("three")).enabled, true);
    await assert.rejects(proxy.getToxic("timeout_downstream"), /status code 404/);
    assert.deepStrictEqual(Object.keys(await toxiproxy.getAll()), ["one", "three"]);
    await all.three.remove();
    await proxy.remove();
    assert.deepStrictEqual(await toxiproxy.getAll(), {});
}

function connect(address) {
    const port = Number(address.split(":").pop());
    return new Promise((resolve, reject) => {
        const line = net.connect(port, "127.0.0.1", () => resolve(line));
        line.on("error", reject);
    });
}

main().catch(problem => {
    console.error(problem);
    process.exit(1);
});
