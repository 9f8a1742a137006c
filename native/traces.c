/* Bodies of ExportTraceServiceRequest straight to raw spans, without messages in between.
 *
 * Twin: features/ingest/wire.py::of_message. Field numbers: opentelemetry-proto, trace.proto and common.proto. */
#include "shape.h"
#include "wire.h"

#include <string.h>

/* --- spans --------------------------------------------------------------------------------------------------- */

typedef struct {
    Shape raw, frame, event, link;
    Py_ssize_t bad_trace_ids, bad_span_ids;
    unsigned char trace_id[16];
    PyObject *trace_hex; /* of trace_id: spans of a trace come together, and share it */
} Reader;

#define SCOPE 1 /* of RAW */
static const char *const RAW[] = {"name", "scope", "attributes", "events", "status_code", "status_message", NULL};
static const char *const FRAME[] = {"trace_id", "span_id", "parent_id", "start_ns", "end_ns", "kind", "links", NULL};
static const char *const EVENT[] = {"name", "time_ns", "attributes", NULL};
static const char *const LINK[] = {"trace_id", "span_id", "attributes", NULL};

static int append(PyObject *list, PyObject *item) {
    int result = item ? PyList_Append(list, item) : -1;
    Py_XDECREF(item);
    return result;
}

static PyObject *read_event(const Reader *reader, Cut cut) {
    Field field;
    Cut name = {0};
    uint64_t time_ns = 0;
    unsigned seen = 0;
    PyObject *attributes = PyDict_New();
    if (!attributes) return NULL;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) goto left_to_twin;
        if (field.tag == TAG(3, LEN)) {
            if (wire_put_pair(attributes, field.inner, 0) < 0) goto left_to_twin;
            continue;
        }
        if (unknown(field.tag, 4)) continue;
        if (again(&seen, field.tag)) goto left_to_twin;
        switch (field.tag) {
        case TAG(1, I64): time_ns = field.number; break;
        case TAG(2, LEN): name = field.inner; break;
        case TAG(4, VARINT): break;
        default: goto left_to_twin;
        }
    }
    {
        PyObject *parts[] = {wire_text(name), PyLong_FromUnsignedLongLong(time_ns), attributes};
        return shape_made(&reader->event, parts);
    }
left_to_twin:
    Py_DECREF(attributes);
    return NULL;
}

static PyObject *read_link(const Reader *reader, Cut cut) {
    Field field;
    Cut trace_id = {0}, span_id = {0};
    unsigned seen = 0;
    PyObject *attributes = PyDict_New();
    if (!attributes) return NULL;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) goto left_to_twin;
        if (field.tag == TAG(4, LEN)) {
            if (wire_put_pair(attributes, field.inner, 0) < 0) goto left_to_twin;
            continue;
        }
        if (unknown(field.tag, 6)) continue;
        if (again(&seen, field.tag)) goto left_to_twin;
        switch (field.tag) {
        case TAG(1, LEN): trace_id = field.inner; break;
        case TAG(2, LEN): span_id = field.inner; break;
        case TAG(3, LEN):
            if (wire_check_text(field.inner) < 0) goto left_to_twin;
            break;
        case TAG(5, VARINT):
        case TAG(6, I32): break;
        default: goto left_to_twin;
        }
    }
    {
        PyObject *parts[] = {wire_hex(trace_id), wire_hex(span_id), attributes};
        return shape_made(&reader->link, parts);
    }
left_to_twin:
    Py_DECREF(attributes);
    return NULL;
}

/* The ids as `id_fault` wants them; counted where they are not. */
static int known_ids(Reader *reader, Cut trace_id, Cut span_id) {
    static const unsigned char zeros[16];
    if (left(&trace_id) != 16 || memcmp(trace_id.at, zeros, 16) == 0) {
        reader->bad_trace_ids++;
        return 0;
    }
    if (left(&span_id) != 8 || memcmp(span_id.at, zeros, 8) == 0) {
        reader->bad_span_ids++;
        return 0;
    }
    return 1;
}

static PyObject *hex_of_trace(Reader *reader, Cut trace_id) {
    if (!reader->trace_hex || memcmp(reader->trace_id, trace_id.at, 16) != 0) {
        Py_XDECREF(reader->trace_hex);
        reader->trace_hex = wire_hex(trace_id);
        memcpy(reader->trace_id, trace_id.at, 16);
    }
    return Py_XNewRef(reader->trace_hex);
}

/* A parent of wrong length names nobody; a span that is its own parent is a root. */
static PyObject *hex_of_parent(Cut parent, Cut span_id) {
    static const unsigned char zeros[8];
    int named = left(&parent) == 8 && memcmp(parent.at, zeros, 8) != 0 && memcmp(parent.at, span_id.at, 8) != 0;
    return named ? wire_hex(parent) : PyUnicode_New(0, 0);
}

/* Unsigned on the wire, signed in every store. */
static PyObject *clamped(uint64_t time_ns) {
    return PyLong_FromLongLong(time_ns > INT64_MAX ? INT64_MAX : (long long)time_ns);
}

typedef struct {
    Cut trace_id, span_id, parent, name, message;
    uint64_t kind, start_ns, end_ns, status;
    PyObject *attributes, *events, *links;
} Told;

static int read_status(Told *told, Cut cut) {
    Field field;
    unsigned seen = 0;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) return -1;
        if (unknown(field.tag, 3)) continue;
        if (again(&seen, field.tag)) return -1;
        switch (field.tag) {
        case TAG(2, LEN): told->message = field.inner; break;
        case TAG(3, VARINT): told->status = field.number; break;
        default: return -1;
        }
    }
    return wire_check_text(told->message);
}

static int read_fields(const Reader *reader, Told *told, Cut cut) {
    Field field;
    unsigned seen = 0;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) return -1;
        switch (field.tag) {
        case TAG(9, LEN):
            if (wire_put_pair(told->attributes, field.inner, 0) < 0) return -1;
            continue;
        case TAG(11, LEN):
            if (append(told->events, read_event(reader, field.inner)) < 0) return -1;
            continue;
        case TAG(13, LEN):
            if (append(told->links, read_link(reader, field.inner)) < 0) return -1;
            continue;
        }
        if (unknown(field.tag, 16)) continue;
        if (again(&seen, field.tag)) return -1;
        switch (field.tag) {
        case TAG(1, LEN): told->trace_id = field.inner; break;
        case TAG(2, LEN): told->span_id = field.inner; break;
        case TAG(3, LEN):
            if (wire_check_text(field.inner) < 0) return -1;
            break;
        case TAG(4, LEN): told->parent = field.inner; break;
        case TAG(5, LEN): told->name = field.inner; break;
        case TAG(6, VARINT): told->kind = field.number; break;
        case TAG(7, I64): told->start_ns = field.number; break;
        case TAG(8, I64): told->end_ns = field.number; break;
        case TAG(10, VARINT):
        case TAG(12, VARINT):
        case TAG(14, VARINT):
        case TAG(16, I32): break;
        case TAG(15, LEN):
            if (read_status(told, field.inner) < 0) return -1;
            break;
        default: return -1;
        }
    }
    /* Enums are 32 bits wide; what is cut off of wider ones is its twin's to say. */
    return told->kind > INT32_MAX || told->status > INT32_MAX ? -1 : 0;
}

/* A pair (raw span, frame); its scope is put in when that is known. None where its ids are wrong. */
static PyObject *pair_of(Reader *reader, Told *told) {
    PyObject *name = wire_text(told->name);
    if (!name || !known_ids(reader, told->trace_id, told->span_id)) {
        Py_XDECREF(name);
        return name ? Py_NewRef(Py_None) : NULL;
    }
    Cut none = {0};
    PyObject *raw_parts[] = {name, PyUnicode_New(0, 0), Py_NewRef(told->attributes), Py_NewRef(told->events),
                             PyLong_FromLong((long)told->status),
                             wire_text(told->status == 2 ? told->message : none)};
    PyObject *raw = shape_made(&reader->raw, raw_parts);
    if (!raw) return NULL;
    PyObject *frame_parts[] = {hex_of_trace(reader, told->trace_id),
                               wire_hex(told->span_id),
                               hex_of_parent(told->parent, told->span_id),
                               clamped(told->start_ns),
                               clamped(told->end_ns),
                               PyLong_FromLong((long)told->kind),
                               Py_NewRef(told->links)};
    PyObject *frame = shape_made(&reader->frame, frame_parts);
    PyObject *pair = frame ? PyTuple_Pack(2, raw, frame) : NULL;
    Py_DECREF(raw);
    Py_XDECREF(frame);
    return pair;
}

static PyObject *read_span(Reader *reader, Cut cut) {
    Told told = {0};
    PyObject *pair = NULL;
    told.attributes = PyDict_New();
    told.events = PyList_New(0);
    told.links = PyList_New(0);
    if (told.attributes && told.events && told.links && read_fields(reader, &told, cut) == 0)
        pair = pair_of(reader, &told);
    Py_XDECREF(told.attributes);
    Py_XDECREF(told.events);
    Py_XDECREF(told.links);
    return pair;
}

/* --- resources and scopes ------------------------------------------------------------------------------------ */

static int read_scope(Cut cut, Cut *name) {
    Field field;
    unsigned seen = 0;
    PyObject *attributes = PyDict_New(); /* Nobody's, but they must be readable. */
    int result = attributes ? 0 : -1;
    while (result == 0 && cut.at < cut.end) {
        result = take_field(&cut, &field);
        if (result < 0) break;
        if (field.tag == TAG(3, LEN))
            result = wire_put_pair(attributes, field.inner, 0);
        else if (!unknown(field.tag, 4))
            switch (again(&seen, field.tag) ? 0 : field.tag) {
            case TAG(1, LEN): *name = field.inner; break;
            case TAG(2, LEN): result = wire_check_text(field.inner); break;
            case TAG(4, VARINT): break;
            default: result = -1;
            }
    }
    Py_XDECREF(attributes);
    return result;
}

/* An EntityRef: four kinds of strings, of which nothing is kept. */
static int check_entity(Cut cut) {
    Field field;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) return -1;
        if (unknown(field.tag, 4)) continue;
        if ((field.tag & 7) != LEN || wire_check_text(field.inner) < 0) return -1;
    }
    return 0;
}

static int read_resource(PyObject *attributes, Cut cut) {
    Field field;
    unsigned seen = 0;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) return -1;
        if (unknown(field.tag, 3)) continue;
        switch (field.tag) {
        case TAG(1, LEN):
            if (wire_put_pair(attributes, field.inner, 0) < 0) return -1;
            break;
        case TAG(2, VARINT):
            if (again(&seen, field.tag)) return -1;
            break;
        case TAG(3, LEN):
            if (check_entity(field.inner) < 0) return -1;
            break;
        default: return -1;
        }
    }
    return 0;
}

/* A pair (name of the scope, list of its spans). */
static PyObject *read_scope_spans(Reader *reader, Cut cut) {
    Field field;
    Cut name = {0};
    unsigned seen = 0;
    PyObject *scope = NULL, *pair = NULL, *spans = PyList_New(0);
    while (spans && cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) goto done;
        if (unknown(field.tag, 3)) continue;
        if (field.tag == TAG(2, LEN)) {
            PyObject *span = read_span(reader, field.inner);
            if (span == Py_None) Py_CLEAR(span);
            else if (append(spans, span) < 0) goto done;
            continue;
        }
        switch (again(&seen, field.tag) ? 0 : field.tag) {
        case TAG(1, LEN):
            if (read_scope(field.inner, &name) < 0) goto done;
            break;
        case TAG(3, LEN):
            if (wire_check_text(field.inner) < 0) goto done;
            break;
        default: goto done;
        }
    }
    if (!spans || !(scope = wire_text(name))) goto done;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(spans); i++) {
        PyObject *raw = PyTuple_GET_ITEM(PyList_GET_ITEM(spans, i), 0);
        Py_SETREF(*shape_slot(raw, reader->raw.offsets[SCOPE]), Py_NewRef(scope));
    }
    pair = PyTuple_Pack(2, scope, spans);
done:
    Py_XDECREF(scope);
    Py_XDECREF(spans);
    return pair;
}

/* A pair (attributes of the resource, list of its scopes). */
static PyObject *read_resource_spans(Reader *reader, Cut cut) {
    Field field;
    unsigned seen = 0;
    PyObject *pair = NULL, *attributes = PyDict_New(), *scopes = PyList_New(0);
    while (attributes && scopes && cut.at < cut.end) {
        if (take_field(&cut, &field) < 0) goto done;
        if (unknown(field.tag, 3)) continue;
        if (field.tag == TAG(2, LEN)) {
            if (append(scopes, read_scope_spans(reader, field.inner)) < 0) goto done;
            continue;
        }
        switch (again(&seen, field.tag) ? 0 : field.tag) {
        case TAG(1, LEN):
            if (read_resource(attributes, field.inner) < 0) goto done;
            break;
        case TAG(3, LEN):
            if (wire_check_text(field.inner) < 0) goto done;
            break;
        default: goto done;
        }
    }
    if (attributes && scopes) pair = PyTuple_Pack(2, attributes, scopes);
done:
    Py_XDECREF(attributes);
    Py_XDECREF(scopes);
    return pair;
}

PyObject *read_traces(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *body, *raw, *frame, *event, *link;
    if (!PyArg_ParseTuple(args, "O!OOOO:read_traces", &PyBytes_Type, &body, &raw, &frame, &event, &link)) return NULL;
    Reader reader = {0};
    if (shape_learn(&reader.raw, raw, RAW) < 0 || shape_learn(&reader.frame, frame, FRAME) < 0 ||
        shape_learn(&reader.event, event, EVENT) < 0 || shape_learn(&reader.link, link, LINK) < 0)
        return NULL;
    Cut cut = {(const unsigned char *)PyBytes_AS_STRING(body), NULL};
    cut.end = cut.at + PyBytes_GET_SIZE(body);
    PyObject *resources = PyList_New(0), *result = NULL;
    while (resources && cut.at < cut.end) {
        Field field;
        if (take_field(&cut, &field) < 0) Py_CLEAR(resources);
        else if (unknown(field.tag, 1)) continue;
        else if (field.tag != TAG(1, LEN) || append(resources, read_resource_spans(&reader, field.inner)) < 0)
            Py_CLEAR(resources);
    }
    Py_XDECREF(reader.trace_hex);
    if (resources) result = Py_BuildValue("Nnn", resources, reader.bad_trace_ids, reader.bad_span_ids);
    if (result) return result;
    /* A string that is no UTF-8 is its twin's to repair; memory that has run out is nobody's. */
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) PyErr_Clear();
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}
