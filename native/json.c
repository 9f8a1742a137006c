/* Reading and writing JSON: see json.h. */
#include "json.h"

#define MOST_NESTED 100 /* of values that are passed over; orjson reads 1,024 */

/* --- writing ------------------------------------------------------------------------------------------------- */

/* A character as it stands in a JSON string, as orjson writes it. */
static int put_character(Out *out, uint32_t c) {
    char made[4], *end = out_character(made, c);
    return end ? out_escaped(out, made, end - made) : -1;
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

int json_put_string(Out *out, String string) {
    const char *at = string.at;
    if (string.plain) return out_put(out, at, string.end - at);
    while (at < string.end) {
        const char *escape = memchr(at, '\\', (size_t)(string.end - at));
        if (!escape) break;
        if (out_put(out, at, escape - at) < 0) return -1;
        at = escape + 2;
        if (escape[1] == '/') {
            if (PUT(out, "/") < 0) return -1;
        } else if (escape[1] != 'u') {
            if (out_put(out, escape, 2) < 0) return -1;
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
            if (put_character(out, c) < 0) return -1;
        }
    }
    return out_put(out, at, string.end - at);
}

int json_put_pair(Out *out, const char *key, String string) {
    if (out_put(out, key, (Py_ssize_t)strlen(key)) < 0 || json_put_string(out, string) < 0) return -1;
    return PUT(out, "\"");
}

/* --- reading ------------------------------------------------------------------------------------------------- */

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
