/* What a text is in XML: for an element's content and for an attribute alike. */
#ifndef AOT_REPORT_XML_H
#define AOT_REPORT_XML_H
#include "base/buffer.h"

/* What XML has no form for becomes U+FFFD; after 64 KiB it is cut, and says so. */
void xml_escape(struct text text, struct buffer *out);
/* ` name="value"` */
void xml_attribute(const char *name, struct text value, struct buffer *out);
#endif
