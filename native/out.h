/* Bytes that grow, and what is written to them: UTF-8, JSON. */
#ifndef ROADWORTHY_OUT_H
#define ROADWORTHY_OUT_H

#include "compiled.h"
#include <string.h>

/* FAILED: with an exception set. ODD: out of the ordinary, to be left to the twin in Python. */
typedef enum { FAILED = -1, DONE = 0, ODD = 1 } Way;

/* Becomes a bytearray. All zero is an empty one. */
typedef struct {
    PyObject *held;
    char *start, *at, *end;
} Out;

Way out_grow(Out *out, Py_ssize_t more);

static inline Py_ssize_t out_size(const Out *out) { return out->at - out->start; }

static inline Way out_room(Out *out, Py_ssize_t more) {
    return out->end - out->at >= more ? DONE : out_grow(out, more);
}

static inline Way out_put(Out *out, const void *from, Py_ssize_t size) {
    if (size == 0)
        return DONE;
    if (out_room(out, size))
        return FAILED;
    memcpy(out->at, from, (size_t)size);
    out->at += size;
    return DONE;
}

static inline Way out_byte(Out *out, char byte) {
    if (out_room(out, 1))
        return FAILED;
    *out->at++ = byte;
    return DONE;
}

/* A new reference to what was put. */
PyObject *out_taken(Out *out);

/* ODD for what is no text, and for lone surrogates. */
Way out_text(Out *out, PyObject *value);

/* A character as UTF-8 from `to` on, at most 4 bytes; NULL for half a surrogate pair. */
char *out_character(char *to, uint32_t character);

/* UTF-8 as what stands in a JSON string. `from` must not lie in `out`. */
Way out_escaped(Out *out, const char *from, Py_ssize_t size);

/* The same with its quotes. */
Way out_quoted(Out *out, const char *from, Py_ssize_t size);

/* As JSON; what is neither text, whole number, None nor a tuple of texts by `dumps`, which gives bytes. */
Way out_json(Out *out, PyObject *value, Out *scratch, PyObject *dumps);

#endif
