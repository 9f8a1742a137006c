#include "out.h"

Way out_grow(Out *out, Py_ssize_t more) {
    Py_ssize_t used = out_size(out), room = out->end - out->start;
    if (more > PY_SSIZE_T_MAX / 4 - used) {
        PyErr_NoMemory();
        return FAILED;
    }
    room = room * 2 > used + more ? room * 2 : used + more;
    room = room < 512 ? 512 : room;
    if (out->held == NULL) {
        out->held = PyByteArray_FromStringAndSize(NULL, room);
        if (out->held == NULL)
            return FAILED;
    } else if (PyByteArray_Resize(out->held, room) < 0)
        return FAILED;
    out->start = PyByteArray_AsString(out->held);
    out->at = out->start + used;
    out->end = out->start + room;
    return DONE;
}

PyObject *out_taken(Out *out) {
    if (out->held == NULL)
        return PyByteArray_FromStringAndSize(NULL, 0);
    if (PyByteArray_Resize(out->held, out_size(out)) < 0)
        return NULL;
    return Py_NewRef(out->held);
}

char *out_character(char *to, uint32_t c) {
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        if (c >= 0xD800 && c < 0xE000)
            return NULL;
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

#define EACH_AS_UTF8(type)                                                                                             \
    for (Py_ssize_t i = 0; i < length && to != NULL; i++)                                                              \
        to = out_character(to, ((const type *)from)[i]);

/* Written here and not asked of Python, which would keep its UTF-8 with the text. */
Way out_text(Out *out, PyObject *value) {
    if (!PyUnicode_Check(value))
        return ODD;
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(value) < 0)
        return FAILED;
#endif
    Py_ssize_t length = PyUnicode_GET_LENGTH(value);
    const void *from = PyUnicode_DATA(value);
    int kind = (int)PyUnicode_KIND(value);
    if (PyUnicode_IS_ASCII(value))
        return out_put(out, from, length);
    if (length > PY_SSIZE_T_MAX / 16) {
        PyErr_NoMemory();
        return FAILED;
    }
    if (out_room(out, length * (kind == PyUnicode_1BYTE_KIND ? 2 : kind == PyUnicode_2BYTE_KIND ? 3 : 4)))
        return FAILED;
    char *to = out->at;
    if (kind == PyUnicode_1BYTE_KIND) {
        EACH_AS_UTF8(Py_UCS1)
    } else if (kind == PyUnicode_2BYTE_KIND) {
        EACH_AS_UTF8(Py_UCS2)
    } else {
        EACH_AS_UTF8(Py_UCS4)
    }
    if (to == NULL)
        return ODD;
    out->at = to;
    return DONE;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define ZERO_BYTES(word) (((word) - EACH_BYTE(1)) & ~(word) & EACH_BYTE(0x80))
#define AT_ONCE 4096

/* At most 6 bytes for each. Where nothing needs an escape, eight at once. */
static char *escaped(char *to, const unsigned char *from, const unsigned char *end) {
    while (from < end) {
        if (end - from >= 8) {
            uint64_t word;
            memcpy(&word, from, 8);
            uint64_t below_space = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
            if (!(below_space | ZERO_BYTES(word ^ EACH_BYTE('"')) | ZERO_BYTES(word ^ EACH_BYTE('\\')))) {
                memcpy(to, &word, 8);
                from += 8;
                to += 8;
                continue;
            }
        }
        for (const unsigned char *stop = end - from >= 8 ? from + 8 : end; from < stop; from++) {
            unsigned char c = *from;
            if (c >= 0x20 && c != '"' && c != '\\') {
                *to++ = (char)c;
                continue;
            }
            static const char letters[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu", digits[] = "0123456789abcdef";
            *to++ = '\\';
            *to++ = c < 0x20 ? letters[c] : (char)c;
            if (c < 0x20 && letters[c] == 'u') {
                *to++ = '0';
                *to++ = '0';
                *to++ = digits[c >> 4];
                *to++ = digits[c & 15];
            }
        }
    }
    return to;
}

Way out_escaped(Out *out, const char *from, Py_ssize_t size) {
    while (size > 0) {
        Py_ssize_t some = size < AT_ONCE ? size : AT_ONCE;
        if (out_room(out, 6 * some))
            return FAILED;
        out->at = escaped(out->at, (const unsigned char *)from, (const unsigned char *)from + some);
        from += some;
        size -= some;
    }
    return DONE;
}

Way out_quoted(Out *out, const char *from, Py_ssize_t size) {
    return out_byte(out, '"') || out_escaped(out, from, size) ? FAILED : out_byte(out, '"');
}

static Way quoted_text(Out *out, PyObject *value, Out *scratch) {
    scratch->at = scratch->start;
    Way way = out_text(scratch, value);
    return way ? way : out_quoted(out, scratch->start, out_size(scratch));
}

static Way whole_number(Out *out, long long value) {
    char digits[24], *end = digits + sizeof digits, *at = end;
    unsigned long long left = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        *--at = '-';
    return out_put(out, at, end - at);
}

static Way dumped(Out *out, PyObject *value, PyObject *dumps) {
    Py_INCREF(value); /* whatever `dumps` does */
    PyObject *json = PyObject_CallOneArg(dumps, value);
    Py_DECREF(value);
    if (json == NULL)
        return FAILED;
    Way way = PyBytes_Check(json) ? out_put(out, PyBytes_AS_STRING(json), PyBytes_GET_SIZE(json)) : ODD;
    Py_DECREF(json);
    return way;
}

Way out_json(Out *out, PyObject *value, Out *scratch, PyObject *dumps) {
    if (PyUnicode_Check(value))
        return quoted_text(out, value, scratch);
    if (value == Py_None)
        return out_put(out, "null", 4);
    if (PyLong_CheckExact(value)) {
        int overflow;
        long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
        return overflow ? ODD : whole_number(out, whole);
    }
    if (!PyTuple_CheckExact(value))
        return dumped(out, value, dumps);
    Py_ssize_t count = PyTuple_GET_SIZE(value);
    for (Py_ssize_t i = 0; i < count; i++)
        if (!PyUnicode_Check(PyTuple_GET_ITEM(value, i)))
            return dumped(out, value, dumps);
    Way way = out_byte(out, '[');
    for (Py_ssize_t i = 0; i < count && !way; i++) {
        way = i ? out_byte(out, ',') : DONE;
        if (!way)
            way = quoted_text(out, PyTuple_GET_ITEM(value, i), scratch);
    }
    return way ? way : out_byte(out, ']');
}
