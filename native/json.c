/* Reading and writing JSON: see json.h. */
#include "json.h"

#define MOST_NESTED 100 /* of values that are passed over; orjson reads 1,024 */

/* --- writing ------------------------------------------------------------------------------------------------- */

int json_room(Buffer *buffer, size_t more) {
    if (buffer->room - buffer->used >= more) return 0;
    size_t room = (buffer->used + more) * 2;
    char *start = PyMem_Realloc(buffer->start, room);
    if (!start) {
        PyErr_NoMemory();
        return -1;
    }
    buffer->start = start;
    buffer->room = room;
    return 0;
}

int json_put(Buffer *buffer, const char *from, size_t length) {
    if (json_room(buffer, length) < 0) return -1;
    if (length) memcpy(buffer->start + buffer->used, from, length);
    buffer->used += length;
    return 0;
}

/* A character as it stands in a JSON string, as orjson writes it. */
static int put_character(Buffer *buffer, uint32_t c) {
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *found = c && c < 128 ? strchr(shorts, (int)c) : NULL;
    char made[6];
    size_t length = 0;
    if (found) {
        made[length++] = '\\';
        made[length++] = letters[found - shorts];
    } else if (c < 0x20) {
        memcpy(made, "\\u00", 4);
        made[4] = hex[c >> 4];
        made[5] = hex[c & 15];
        length = 6;
    } else if (c < 0x80) {
        made[length++] = (char)c;
    } else if (c < 0x800) {
        made[length++] = (char)(0xc0 | c >> 6);
        made[length++] = (char)(0x80 | (c & 63));
    } else {
        if (c < 0x10000) {
            made[length++] = (char)(0xe0 | c >> 12);
        } else {
            made[length++] = (char)(0xf0 | c >> 18);
            made[length++] = (char)(0x80 | (c >> 12 & 63));
        }
        made[length++] = (char)(0x80 | (c >> 6 & 63));
        made[length++] = (char)(0x80 | (c & 63));
    }
    return json_put(buffer, made, length);
}

/* The next byte that is a quote, a backslash or a control. */
static const char *past_text(const char *at, const char *end) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    /* Eight bytes at a time while none of them is. */
    for (uint64_t word; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        uint64_t quotes = word ^ ones * '"', backslashes = word ^ ones * '\\';
        uint64_t found = (quotes - ones) & ~quotes;
        found |= (backslashes - ones) & ~backslashes;
        found |= (word - ones * 0x20) & ~word;
        if (found & highs) break;
    }
    while ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\') at++;
    return at;
}

int json_put_quoted(Buffer *buffer, const char *at, const char *end) {
    while (at < end) {
        const char *plain = past_text(at, end);
        if (plain > end) plain = end;
        if (json_put(buffer, at, (size_t)(plain - at)) < 0) return -1;
        if (plain < end && put_character(buffer, (unsigned char)*plain++) < 0) return -1;
        at = plain;
    }
    return 0;
}

/* Four hex digits, or more than any character. */
static uint32_t hex_of(const char *at, const char *end) {
    uint32_t value = 0;
    if (end - at < 4) return UINT32_MAX;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16) return UINT32_MAX;
        value = value << 4 | digit;
    }
    return value;
}

int json_put_string(Buffer *buffer, String string) {
    const char *at = string.at;
    if (string.plain) return json_put(buffer, at, (size_t)(string.end - at));
    while (at < string.end) {
        const char *escape = memchr(at, '\\', (size_t)(string.end - at));
        if (!escape) break;
        if (json_put(buffer, at, (size_t)(escape - at)) < 0) return -1;
        at = escape + 2;
        if (escape[1] == '/') {
            if (PUT(buffer, "/") < 0) return -1;
        } else if (escape[1] != 'u') {
            if (json_put(buffer, escape, 2) < 0) return -1;
        } else {
            uint32_t c = hex_of(at, string.end);
            at += 4;
            if (c >= 0xd800 && c < 0xdc00 && string.end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
                uint32_t low = hex_of(at + 2, string.end);
                if (low < 0xdc00 || low > 0xdfff) return -1;
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 6;
            } else if (c > 0xffff || (c >= 0xd800 && c < 0xe000)) {
                return -1;
            }
            if (put_character(buffer, c) < 0) return -1;
        }
    }
    return json_put(buffer, at, (size_t)(string.end - at));
}

int json_put_pair(Buffer *buffer, const char *key, String string) {
    if (json_put(buffer, key, strlen(key)) < 0 || json_put_string(buffer, string) < 0) return -1;
    return PUT(buffer, "\"");
}

/* --- reading ------------------------------------------------------------------------------------------------- */

char json_next(Json *json) {
    while (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t') json->at++;
    return *json->at;
}

int json_take(Json *json, char wanted) {
    if (json_next(json) != wanted) return -1;
    json->at++;
    return 0;
}

int json_take_string(Json *json, String *string) {
    if (json_take(json, '"') < 0) return -1;
    string->at = json->at;
    string->plain = 1;
    for (;;) {
        json->at = past_text(json->at, json->end);
        char c = *json->at;
        if (c == '"') break;
        if (c != '\\' || json->at[1] == 0 || !strchr("\"\\/bfnrtu", json->at[1])) return -1;
        if (json->at[1] == '/' || json->at[1] == 'u') string->plain = 0;
        json->at += 2;
    }
    string->end = json->at++;
    return 0;
}

int json_take_other(Json *json, String *value) {
    int depth = 0;
    json_next(json);
    value->at = json->at;
    value->plain = 1;
    for (;;) {
        char c = *json->at;
        if (c == '"') {
            String inner;
            if (!depth || json_take_string(json, &inner) < 0) return -1;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) break;
        if (c == 0 || depth > MOST_NESTED) return -1;
        json->at++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) break;
    }
    value->end = json->at;
    return json_is_empty(*value) ? -1 : 0;
}

int json_take_key(Json *json, String *key, int *first) {
    if (*first && json_take(json, '{') < 0) return -1;
    if (json_next(json) == '}') return json->at++, 0;
    if (!*first && json_take(json, ',') < 0) return -1;
    if (json_take_string(json, key) < 0 || json_take(json, ':') < 0) return -1;
    *first = 0;
    return 1;
}

int json_take_item(Json *json, int *first) {
    if (*first && json_take(json, '[') < 0) return -1;
    if (json_next(json) == ']') return json->at++, 0;
    if (!*first && json_take(json, ',') < 0) return -1;
    *first = 0;
    return 1;
}
