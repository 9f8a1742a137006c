/* Protobuf's wire format (https://protobuf.dev/programming-guides/encoding), as far as exporters of OTLP use it.
 *
 * Bodies are hostile. Every read is of a `Cut`, whose `at` never passes `end`, and every length is compared with what
 * is left before it is added to anything. What upb would refuse, merge or repair, and whatever no exporter sends
 * (groups, a field of the wrong wire type, a single field told twice, deep nesting), fails without an exception set:
 * the twin in Python is asked then. */
#ifndef ROADWORTHY_WIRE_H
#define ROADWORTHY_WIRE_H

#include "compiled.h"

enum { VARINT = 0, I64 = 1, LEN = 2, I32 = 5 };
#define TAG(number, wire) ((number) << 3 | (wire))

typedef struct {
    const unsigned char *at, *end;
} Cut;

typedef struct {
    unsigned tag;
    uint64_t number; /* of VARINT, I64 and I32 */
    Cut inner;       /* of LEN */
} Field;

static inline size_t left(const Cut *cut) { return (size_t)(cut->end - cut->at); }

static inline int take_varint(Cut *cut, uint64_t *number) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && cut->at < cut->end; shift += 7) {
        unsigned char byte = *cut->at++;
        if (shift == 63 && byte > 1) return -1;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *number = value;
            return 0;
        }
    }
    return -1;
}

static inline int take_fixed(Cut *cut, size_t bytes, uint64_t *number) {
    if (left(cut) < bytes) return -1;
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value |= (uint64_t)cut->at[i] << (8 * i);
    cut->at += bytes;
    *number = value;
    return 0;
}

/* The next field. Tags of more than two bytes (fields above 2,047) and overlong ones are nobody's. */
static inline int take_field(Cut *cut, Field *field) {
    unsigned tag = *cut->at++;
    if (tag >= 0x80) {
        if (cut->at == cut->end || *cut->at == 0 || *cut->at >= 0x80) return -1;
        tag = (tag & 0x7f) | (unsigned)*cut->at++ << 7;
    }
    if (tag < TAG(1, 0)) return -1;
    field->tag = tag;
    switch (tag & 7) {
    case VARINT:
        return take_varint(cut, &field->number);
    case I64:
        return take_fixed(cut, 8, &field->number);
    case I32:
        return take_fixed(cut, 4, &field->number);
    case LEN: {
        uint64_t length;
        if (take_varint(cut, &length) < 0 || length > left(cut)) return -1;
        field->inner.at = cut->at;
        field->inner.end = cut->at += length;
        return 0;
    }
    default:
        return -1;
    }
}

/* True where a single field comes for the second time: upb lets the last win, and merges messages. */
static inline int again(unsigned *seen, unsigned tag) {
    unsigned bit = 1u << (tag >> 3);
    if (*seen & bit) return 1;
    *seen |= bit;
    return 0;
}

/* Whether a field that no case names may be passed over: not one of the numbers in use with another wire type. */
static inline int unknown(unsigned tag, unsigned last_used) { return tag >> 3 > last_used; }

/* A short string of few different values, or any other. */
PyObject *wire_text(Cut cut);
/* 0 where it is UTF-8: upb refuses a body for a string that nobody reads, too. */
int wire_check_text(Cut cut);
/* Bytes as lower-case hex digits. */
PyObject *wire_hex(Cut cut);
/* A KeyValue into a dict. */
int wire_put_pair(PyObject *attributes, Cut cut, int depth);

#endif
