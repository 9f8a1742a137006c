/* gather_columns: objects with slots to the buffers of Arrow columns, object by object: the objects of a batch do not
 * fit the processor's cache. Its twin is in `backends/telemetry/chdb/gathering.py`.
 *
 * Anything out of the ordinary (no text where text is expected, lone surrogates, whole numbers that do not fit 64 bits,
 * offsets that do not fit 32) makes the answer None. */
#include "columns.h"
#include <math.h>
#include <structmember.h>

typedef enum { TEXTS, WHOLES, REALS, LISTS, MAPS, PACKED, KINDS } Kind;
#define MOST_OUTS 5
#define SHORT_TEXT 8
static const int out_count[KINDS] = {[TEXTS] = 2, [WHOLES] = 2, [REALS] = 2, [LISTS] = 3, [MAPS] = 5};

/* Its buffers, by kind:
 *   TEXTS   ends (64 bits), bytes
 *   WHOLES  values, validity
 *   REALS   values, validity
 *   LISTS   ends of rows, ends of texts (32 bits), bytes
 *   MAPS    ends of rows, ends of keys, bytes of keys, ends of items, bytes of items
 *   PACKED  none: all its fields are one JSON list a row */
typedef struct {
    Kind kind;
    Py_ssize_t slot;
    Py_ssize_t unknown;
    Py_ssize_t text; /* PACKED: which column holds its text, -1 where none does */
    Out outs[MOST_OUTS];
} Column;

typedef struct {
    PyTypeObject *type;
    Column *columns;
    Py_ssize_t count;
    Py_ssize_t starts[KINDS + 1];
    Out packed_ends, packed, scratch;
    PyObject *dumps;
} Gathering;

static Way end_64(Out *ends, const Out *bytes) {
    int64_t end = bytes->at - bytes->start;
    return out_put(ends, &end, sizeof end);
}

static Way end_32(Out *ends, Py_ssize_t end) {
    int32_t fits = (int32_t)end;
    return end > INT32_MAX ? ODD : out_put(ends, &fits, sizeof fits);
}

static Way text_and_end(PyObject *value, Out *ends, Out *bytes) {
    Way way = out_text(bytes, value);
    return way ? way : end_32(ends, bytes->at - bytes->start);
}

static Py_ssize_t texts_in(const Out *ends) { return (ends->at - ends->start) / (Py_ssize_t)sizeof(int32_t) - 1; }

/* `validity` holds a bit for each row, all 0. */
static void is_known(Out *validity, Py_ssize_t row) { validity->start[row >> 3] |= (char)(1 << (row & 7)); }

static Way whole(Column *column, PyObject *value, Py_ssize_t row) {
    int64_t held = 0;
    if (value == Py_None) {
        column->unknown++;
    } else {
        int overflow;
        if (!PyLong_CheckExact(value))
            return ODD;
        held = PyLong_AsLongLongAndOverflow(value, &overflow);
        if (overflow || held <= -INT64_MAX || held == INT64_MAX)
            return ODD;
        is_known(&column->outs[1], row);
    }
    return out_put(&column->outs[0], &held, sizeof held);
}

static Way real(Column *column, PyObject *value, Py_ssize_t row) {
    double held = 0;
    if (value != Py_None) {
        if (!PyFloat_CheckExact(value))
            return ODD;
        held = PyFloat_AS_DOUBLE(value);
    }
    if (value == Py_None || !isfinite(held)) {
        column->unknown++;
        held = 0;
    } else
        is_known(&column->outs[1], row);
    return out_put(&column->outs[0], &held, sizeof held);
}

static Way list(Out *outs, PyObject *value) {
    if (!PyTuple_CheckExact(value))
        return ODD;
    Way way = DONE;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value) && !way; i++)
        way = text_and_end(PyTuple_GET_ITEM(value, i), &outs[1], &outs[2]);
    return way ? way : end_32(&outs[0], texts_in(&outs[1]));
}

static Way map(Out *outs, PyObject *value) {
    if (!PyDict_CheckExact(value))
        return ODD;
    PyObject *key, *item;
    Py_ssize_t at = 0;
    Way way = DONE;
    while (!way && PyDict_Next(value, &at, &key, &item)) {
        way = text_and_end(key, &outs[1], &outs[2]);
        if (!way)
            way = text_and_end(item, &outs[3], &outs[4]);
    }
    return way ? way : end_32(&outs[0], texts_in(&outs[1]));
}

static Way packed(Gathering *all, const Column *field, PyObject *value, Py_ssize_t row) {
    if (field->text < 0)
        return out_json(&all->packed, value, &all->scratch, all->dumps);
    const Out *outs = all->columns[field->text].outs;
    const int64_t *ends = (const int64_t *)(void *)outs[0].start;
    return out_quoted(&all->packed, outs[1].start + ends[row], (Py_ssize_t)(ends[row + 1] - ends[row]));
}

static Way gathered(Gathering *all, PyObject *noun, Py_ssize_t row) {
    if (!Py_IS_TYPE(noun, all->type))
        return ODD;
    Way way = DONE;
    int packs = all->starts[PACKED] < all->count;
    for (Py_ssize_t i = 0; i < all->count && !way; i++) {
        Column *column = &all->columns[i];
        PyObject *value = *(PyObject **)((char *)noun + column->slot);
        if (value == NULL)
            return ODD;
        switch (column->kind) {
        case TEXTS:
            way = out_text(&column->outs[1], value);
            if (!way)
                way = end_64(&column->outs[0], &column->outs[1]);
            break;
        case WHOLES: way = whole(column, value, row); break;
        case REALS: way = real(column, value, row); break;
        case LISTS: way = list(column->outs, value); break;
        case MAPS: way = map(column->outs, value); break;
        default:
            way = out_byte(&all->packed, i == all->starts[PACKED] ? '[' : ',');
            if (!way)
                way = packed(all, column, value, row);
        }
    }
    if (packs && !way)
        way = out_byte(&all->packed, ']');
    if (packs && !way)
        way = end_64(&all->packed_ends, &all->packed);
    return way;
}

/* Memory is what this waits for: what the next objects hold is asked for early. */
static void soon(const Gathering *all, PyObject *nouns, Py_ssize_t row, Py_ssize_t rows) {
    if (row + 2 < rows) {
        const char *noun = (const char *)PyList_GET_ITEM(nouns, row + 2);
        for (Py_ssize_t at = 0; at < all->type->tp_basicsize; at += 64)
            __builtin_prefetch(noun + at);
    }
    if (row + 1 < rows) {
        const char *noun = (const char *)PyList_GET_ITEM(nouns, row + 1);
        if (Py_IS_TYPE((PyObject *)noun, all->type))
            for (Py_ssize_t i = 0; i < all->starts[PACKED]; i++)
                __builtin_prefetch(*(void *const *)(noun + all->columns[i].slot));
    }
}

Way slot_of(PyTypeObject *type, PyObject *name, Py_ssize_t *slot) {
    PyObject *found = PyObject_GetAttr((PyObject *)type, name);
    if (found == NULL)
        return FAILED;
    Way way = ODD;
    if (Py_IS_TYPE(found, &PyMemberDescr_Type) && PyType_IsSubtype(type, PyDescr_TYPE(found))) {
        const PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
        if (member->type == T_OBJECT_EX) {
            *slot = member->offset;
            way = DONE;
        }
    }
    Py_DECREF(found);
    return way;
}

/* The first ends, and the bits of validity. */
static Way begun(Column *column, Py_ssize_t rows) {
    static const int64_t zero = 0;
    const Py_ssize_t wide = sizeof(int64_t), narrow = sizeof(int32_t), bits = rows / 8 + 1;
    Out *outs = column->outs;
    int numbers = column->kind == WHOLES || column->kind == REALS;
    Way way = DONE;
    for (int i = 0; i < out_count[column->kind] && !way; i++)
        way = out_room(&outs[i], i == 0 ? (rows + 1) * wide : rows * SHORT_TEXT);
    if (way)
        return way;
    if (numbers) {
        memset(outs[1].at, 0, (size_t)bits);
        outs[1].at += bits;
    } else if (column->kind == TEXTS) {
        way = out_put(&outs[0], &zero, wide);
    } else if (column->kind == LISTS || column->kind == MAPS) {
        for (int i = 0; i < out_count[column->kind] && !way; i += i ? 2 : 1) /* 0, 1, and 3 of a map */
            way = out_put(&outs[i], &zero, narrow);
    }
    return way;
}

static Way begin(Gathering *all, PyObject *const *names, Py_ssize_t rows) {
    static const int64_t zero = 0;
    Way way = out_put(&all->packed_ends, &zero, sizeof zero);
    if (!way)
        way = out_room(&all->packed, rows) ? FAILED : out_room(&all->scratch, 1);
    Column *column = all->columns;
    for (int kind = TEXTS; kind < KINDS; kind++) {
        all->starts[kind] = column - all->columns;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names[kind]) && !way; i++, column++) {
            column->kind = (Kind)kind;
            column->text = -1;
            way = slot_of(all->type, PyTuple_GET_ITEM(names[kind], i), &column->slot);
            if (!way)
                way = begun(column, rows);
            for (Py_ssize_t text = 0; kind == PACKED && text < all->starts[WHOLES]; text++)
                if (all->columns[text].slot == column->slot)
                    column->text = text;
        }
    }
    all->starts[KINDS] = all->count;
    return way;
}

static PyObject *buffers_of(Column *column) {
    PyObject *buffers = PyTuple_New(out_count[column->kind]);
    for (int i = 0; buffers != NULL && i < out_count[column->kind]; i++) {
        int all_known = (column->kind == WHOLES || column->kind == REALS) && i == 1 && !column->unknown;
        PyObject *one = all_known ? Py_NewRef(Py_None) : out_taken(&column->outs[i]);
        if (one == NULL) {
            Py_CLEAR(buffers);
            break;
        }
        PyTuple_SET_ITEM(buffers, i, one);
    }
    return buffers;
}

/* A list for each kind but PACKED, of the buffers of each column; then the buffers of PACKED. */
static PyObject *answer_of(Gathering *all) {
    PyObject *answer = PyTuple_New(KINDS);
    for (int kind = TEXTS; answer != NULL && kind < PACKED; kind++) {
        Py_ssize_t first = all->starts[kind], count = all->starts[kind + 1] - first;
        PyObject *some = PyList_New(count);
        for (Py_ssize_t i = 0; some != NULL && i < count; i++) {
            PyObject *buffers = buffers_of(&all->columns[first + i]);
            if (buffers == NULL)
                Py_CLEAR(some);
            else
                PyList_SET_ITEM(some, i, buffers);
        }
        if (some == NULL)
            Py_CLEAR(answer);
        else
            PyTuple_SET_ITEM(answer, kind, some);
    }
    if (answer == NULL)
        return NULL;
    PyObject *ends = out_taken(&all->packed_ends), *bytes = out_taken(&all->packed);
    PyObject *pair = ends && bytes ? PyTuple_Pack(2, ends, bytes) : NULL;
    Py_XDECREF(ends);
    Py_XDECREF(bytes);
    if (pair == NULL)
        Py_CLEAR(answer);
    else
        PyTuple_SET_ITEM(answer, PACKED, pair);
    return answer;
}

static void let_go(Gathering *all) {
    for (Py_ssize_t i = 0; all->columns != NULL && i < all->count; i++)
        for (int out = 0; out < MOST_OUTS; out++)
            Py_XDECREF(all->columns[i].outs[out].held);
    PyMem_Free(all->columns);
    Py_XDECREF(all->type);
    Py_XDECREF(all->packed_ends.held);
    Py_XDECREF(all->packed.held);
    Py_XDECREF(all->scratch.held);
}

PyObject *gather_columns(PyObject *self, PyObject *args) {
    PyObject *nouns, *names[KINDS];
    Gathering all = {0};
    if (!PyArg_ParseTuple(args, "O!O!O!O!O!O!O!O:gather_columns", &PyList_Type, &nouns, &PyTuple_Type, &names[TEXTS],
                          &PyTuple_Type, &names[WHOLES], &PyTuple_Type, &names[REALS], &PyTuple_Type, &names[LISTS],
                          &PyTuple_Type, &names[MAPS], &PyTuple_Type, &names[PACKED], &all.dumps))
        return NULL;
    Py_ssize_t rows = PyList_GET_SIZE(nouns);
    if (rows == 0)
        Py_RETURN_NONE;
    for (int kind = TEXTS; kind < KINDS; kind++)
        all.count += PyTuple_GET_SIZE(names[kind]);
    all.columns = PyMem_Calloc((size_t)(all.count ? all.count : 1), sizeof(Column));
    if (all.columns == NULL)
        return PyErr_NoMemory();
    all.type = (PyTypeObject *)Py_NewRef((PyObject *)Py_TYPE(PyList_GET_ITEM(nouns, 0)));
    Way way = begin(&all, names, rows);
    for (Py_ssize_t row = 0; row < rows && !way; row++) {
        if (PyList_GET_SIZE(nouns) != rows) /* `dumps` may be anybody's */
            way = ODD;
        else {
            PyObject *noun = Py_NewRef(PyList_GET_ITEM(nouns, row));
            soon(&all, nouns, row, rows);
            way = gathered(&all, noun, row);
            Py_DECREF(noun);
        }
    }
    PyObject *answer = way == DONE ? answer_of(&all) : way == ODD ? Py_NewRef(Py_None) : NULL;
    let_go(&all);
    return answer;
}
