/* secret_suspects: which objects may hold a secret. It never decides: it says no where there is certainly none. Where it is
 * missing, all are asked about as before (`features/ingest/mask.py`).
 *
 * What `kit/secret_patterns.py` looks for is one of these. Most kinds are one run of letters, digits and
 * "-./:+=_~", of 15 or more, with a trigger in it: runs of that length are few. The others stand behind a name
 * ("password": , secret=, Bearer , Basic ), before an @, or behind -----B. */
#include "columns.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define LEAST_RUN 15
#define BLOCK 64
#define BEHIND (BLOCK + 1) /* how far a scan reads behind the end */
#define CODES 64
#define MOST_TRIGGERS 255

typedef struct {
    unsigned char code[256]; /* of a byte that a run may hold, whichever its case; 0 of others */
    unsigned char first[CODES * CODES]; /* by the codes of its first two bytes: number of the first trigger, from 1 */
    unsigned char next[MOST_TRIGGERS + 1];
    const char *trigger[MOST_TRIGGERS + 1];
    Py_ssize_t length[MOST_TRIGGERS + 1];
} Triggers;

static int is_space(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); }

static unsigned char folded(unsigned char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

static int ends_with(const unsigned char *text, Py_ssize_t end, const char *word, Py_ssize_t size) {
    for (Py_ssize_t i = 0; end >= size && i < size; i++)
        if (folded(text[end - size + i]) != (unsigned char)word[i])
            return 0;
    return end >= size;
}

static Py_ssize_t before_space(const unsigned char *text, Py_ssize_t at) {
    while (at > 0 && is_space(text[at - 1]))
        at--;
    return at;
}

/* Before a colon or an equals sign: name, backslashes, a quote, space. */
static int is_named(const unsigned char *text, Py_ssize_t at) {
    static const char *const tails[] = {"ord", "swd", "pwd", "ret", "key", "ken", "ial", "als"};
    at = before_space(text, at);
    if (at > 0 && (text[at - 1] == '"' || text[at - 1] == '\''))
        at--;
    while (at > 0 && text[at - 1] == '\\')
        at--;
    if (at < 3)
        return 0;
    switch (text[at - 1] | 0x20) {
    case 'd': case 't': case 'y': case 'n': case 'l': case 's':
        for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
            if (ends_with(text, at, tails[i], 3))
                return 1;
    }
    return 0;
}

/* Before an @: back to what ends an address. */
static int is_in_address(const unsigned char *text, Py_ssize_t at) {
    for (; at > 0; at--)
        switch (text[at - 1]) {
        case '/': return ends_with(text, at, "://", 3);
        case '@': case '"': case '\'': case '<': case '>': case '\\': return 0;
        default:
            if (is_space(text[at - 1]))
                return 0;
        }
    return 0;
}

static int is_special(const unsigned char *text, Py_ssize_t at) {
    switch (text[at]) {
    case ':': case '=': return is_named(text, at);
    case '@': return is_in_address(text, at);
    case '-': return ends_with(text, at + 1, "-----", 5);
    default: return ends_with(text, at + 1, "basic", 5);
    }
}

static int is_suspect_run(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, const Triggers *all) {
    Py_ssize_t before = before_space(text, at);
    if (before < at && ends_with(text, before, "bearer", 6))
        return 1;
    unsigned char last = all->code[text[at]];
    for (at++; at < end; at++) {
        unsigned char code = all->code[text[at]];
        for (int number = all->first[last * CODES + code]; number; number = all->next[number]) {
            Py_ssize_t length = all->length[number];
            if (end - (at - 1) >= length && ends_with(text, at - 1 + length, all->trigger[number], length))
                return 1;
        }
        last = code;
    }
    return 0;
}

/* Bits of 64 bytes: which may be in a run; which are to be looked at, with the one behind them. */
#ifdef __SSE2__
static inline void masks_of(const unsigned char *text, const Triggers *all, uint64_t *run, uint64_t *special) {
    *run = *special = 0;
    for (int i = 0; i < BLOCK; i += 16) {
#define IS(vector, byte) _mm_cmpeq_epi8(vector, _mm_set1_epi8(byte))
#define AMONG(vector, from, count)                                                                                     \
    _mm_cmplt_epi8(_mm_sub_epi8(vector, _mm_set1_epi8((char)((from) + 128))), _mm_set1_epi8((char)((count) - 128)))
        __m128i here = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(text + i + 1));
        __m128i lower = _mm_or_si128(here, _mm_set1_epi8(0x20)), equals = IS(here, '=');
        __m128i in_run = _mm_or_si128(AMONG(lower, 'a', 26), AMONG(here, '-', 14));
        in_run = _mm_or_si128(in_run, _mm_or_si128(IS(here, '_'), IS(here, '+')));
        in_run = _mm_or_si128(in_run, _mm_or_si128(IS(here, '~'), equals));
        __m128i look = _mm_or_si128(_mm_or_si128(IS(here, ':'), IS(here, '@')), equals);
        look = _mm_or_si128(look, _mm_and_si128(IS(lower, 'c'), _mm_cmplt_epi8(next, _mm_set1_epi8(0x21))));
        look = _mm_or_si128(look, _mm_and_si128(IS(here, '-'), IS(next, 'B')));
        *run |= (uint64_t)(uint32_t)_mm_movemask_epi8(in_run) << i;
        *special |= (uint64_t)(uint32_t)_mm_movemask_epi8(look) << i;
    }
}
#else
static inline void masks_of(const unsigned char *text, const Triggers *all, uint64_t *run, uint64_t *special) {
    *run = *special = 0;
    for (int i = 0; i < BLOCK; i++) {
        unsigned char here = text[i], next = text[i + 1];
        *run |= (uint64_t)(all->code[here] != 0) << i;
        if (here == ':' || here == '=' || here == '@' || (here == '-' && next == 'B') ||
            ((here | 0x20) == 'c' && (next <= ' ' || next >= 0x80)))
            *special |= UINT64_C(1) << i;
    }
}
#endif

/* `text` goes on for BEHIND bytes of line feeds behind its end. */
static int is_suspect(const unsigned char *text, Py_ssize_t size, const Triggers *all) {
    uint64_t ones = 0, twos = 0, fours = 0, eights = 0; /* of the block before: ends of runs of so many */
    Py_ssize_t done = 0;                                /* up to here runs were looked at */
    for (Py_ssize_t base = 0; base < size; base += BLOCK) {
        uint64_t run, special;
        masks_of(text + base, all, &run, &special);
        for (; special; special &= special - 1)
            if (is_special(text, base + __builtin_ctzll(special)))
                return 1;
        uint64_t two = run & (run << 1 | ones >> 63);
        uint64_t four = two & (two << 2 | twos >> 62);
        uint64_t eight = four & (four << 4 | fours >> 60);
        uint64_t least = eight & (eight << 7 | eights >> 57);
        ones = run, twos = two, fours = four, eights = eight;
        for (; least; least &= least - 1) {
            Py_ssize_t at = base + __builtin_ctzll(least), end = at + 1;
            if (at < done)
                continue;
            at -= LEAST_RUN - 1;
            while (end < size && all->code[text[end]])
                end++;
            if (is_suspect_run(text, at, end, all))
                return 1;
            done = end;
        }
    }
    return 0;
}

static Way learned(Triggers *all, PyObject *triggers) {
    memset(all, 0, sizeof *all);
    unsigned char code = 1;
    for (const char *c = "abcdefghijklmnopqrstuvwxyz0123456789-./:+=_~"; *c; c++, code++)
        all->code[(unsigned char)*c] = all->code[(unsigned char)(*c >= 'a' && *c <= 'z' ? *c ^ 0x20 : *c)] = code;
    Py_ssize_t count = PyTuple_GET_SIZE(triggers);
    if (count > MOST_TRIGGERS)
        return ODD;
    for (int number = 1; number <= count; number++) {
        PyObject *trigger = PyTuple_GET_ITEM(triggers, number - 1);
        if (!PyBytes_Check(trigger) || PyBytes_GET_SIZE(trigger) < 2)
            return ODD;
        const char *text = all->trigger[number] = PyBytes_AS_STRING(trigger);
        all->length[number] = PyBytes_GET_SIZE(trigger);
        for (Py_ssize_t i = 0; i < all->length[number]; i++)
            if (!all->code[(unsigned char)text[i]] || folded((unsigned char)text[i]) != (unsigned char)text[i])
                return ODD;
        unsigned char *first = &all->first[all->code[(unsigned char)text[0]] * CODES + all->code[(unsigned char)text[1]]];
        all->next[number] = *first;
        *first = (unsigned char)number;
    }
    return DONE;
}

static Way put_value(Out *out, PyObject *value) {
    if (value == NULL)
        return ODD;
    if (!PyDict_CheckExact(value)) {
        Way way = out_text(out, value);
        return way ? way : out_byte(out, '\n');
    }
    PyObject *key, *item;
    Py_ssize_t at = 0;
    Way way = DONE;
    while (!way && PyDict_Next(value, &at, &key, &item)) {
        way = out_text(out, item);
        if (!way)
            way = out_byte(out, '\n');
    }
    return way;
}

/* DONE: no suspect. ODD: one, or something that cannot be read. */
static Way looked_at(PyObject *object, PyTypeObject *type, const Py_ssize_t *slots, Py_ssize_t count, Out *scratch,
                     const Triggers *triggers) {
    if (!Py_IS_TYPE(object, type))
        return ODD;
    scratch->at = scratch->start;
    Way way = DONE;
    for (Py_ssize_t i = 0; i < count && !way; i++)
        way = put_value(scratch, *(PyObject **)((char *)object + slots[i]));
    Py_ssize_t size = scratch->at - scratch->start;
    if (!way)
        way = out_room(scratch, BEHIND);
    if (way)
        return way;
    memset(scratch->at, '\n', BEHIND);
    return is_suspect((const unsigned char *)scratch->start, size, triggers) ? ODD : DONE;
}

#define MOST_NAMES 32

PyObject *secret_suspects(PyObject *self, PyObject *args) {
    PyObject *objects, *names, *triggers;
    if (!PyArg_ParseTuple(args, "O!O!O!:secret_suspects", &PyList_Type, &objects, &PyTuple_Type, &names, &PyTuple_Type,
                          &triggers))
        return NULL;
    Py_ssize_t slots[MOST_NAMES], count = PyTuple_GET_SIZE(names);
    Triggers *learnt = PyMem_Malloc(sizeof *learnt);
    if (learnt == NULL)
        return PyErr_NoMemory();
    Out scratch = {0};
    Way way = PyList_GET_SIZE(objects) == 0 || count > MOST_NAMES ? ODD : learned(learnt, triggers);
    for (Py_ssize_t i = 0; i < count && !way; i++)
        way = slot_of(Py_TYPE(PyList_GET_ITEM(objects, 0)), PyTuple_GET_ITEM(names, i), &slots[i]);
    PyObject *found = way ? NULL : PyList_New(0);
    for (Py_ssize_t row = 0; found != NULL && row < PyList_GET_SIZE(objects); row++) {
        PyObject *object = PyList_GET_ITEM(objects, row);
        way = looked_at(object, Py_TYPE(PyList_GET_ITEM(objects, 0)), slots, count, &scratch, learnt);
        PyObject *number = way == ODD ? PyLong_FromSsize_t(row) : NULL;
        if (way == FAILED || (way == ODD && (number == NULL || PyList_Append(found, number) < 0)))
            Py_CLEAR(found);
        Py_XDECREF(number);
    }
    Py_XDECREF(scratch.held);
    PyMem_Free(learnt);
    return found != NULL || PyErr_Occurred() ? found : Py_NewRef(Py_None);
}
