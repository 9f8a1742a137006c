/* JSON, read where it stands and put out (out.h), as orjson reads and writes it (RFC 8259).
 *
 * Texts are untrusted. They are Python's UTF-8, which ends with a byte of zero: no JSON has one, in strings or
 * elsewhere, so that a cursor that looks at one byte at a time stops there. What fails without an exception set is no
 * JSON, or not of the form that was asked for. */
#ifndef ROADWORTHY_JSON_H
#define ROADWORTHY_JSON_H

#include "out.h"

typedef struct {
    const char *at, *end;
} Json;

/* What stands between the quotes of a JSON string. */
typedef struct {
    const char *at, *end; /* NULL where there is none */
    int plain;            /* it is written as it was read: no \u and no \/ */
} String;

/* Writing: 0, or -1. */
#define PUT(out, literal) out_put(out, literal, sizeof(literal) - 1)
/* What stands in a string, without its quotes. */
int json_put_string(Out *out, String string);
/* A key and a string behind what came before; `key` has all that stands before the string, its quote too. */
int json_put_pair(Out *out, const char *key, String string);

/* The next byte that is no white space. */
char json_next(Json *json);
/* Reading: 0, or -1. */
int json_take(Json *json, char wanted);
int json_take_string(Json *json, String *string);
/* A value that is no string: its end is found, whether it is JSON whoever reads it says. */
int json_take_other(Json *json, String *value);
/* Another key of an object, and the colon behind it: 1, or 0 at the end of the object. `*first` begins as 1. */
int json_take_key(Json *json, String *key, int *first);
/* Another item of a list: the same. */
int json_take_item(Json *json, int *first);

static inline int json_is(String string, const char *word) {
    size_t length = strlen(word);
    return string.at && (size_t)(string.end - string.at) == length && memcmp(string.at, word, length) == 0;
}

static inline int json_is_empty(String string) { return string.at == string.end; }

#endif
