/* Strings, values and attributes of OTLP: see wire.h. Twin: features/ingest/any_value.py::read_attributes. */
#include "wire.h"

#include <string.h>

/* Values in values. upb stops at 100 messages in each other; with three for a map in a map this stays far below. */
#define MOST_DEPTH 16

/* --- texts --------------------------------------------------------------------------------------------------- */

/* Texts seen of late: keys of attributes, and short values. Each has one place, which the next one of that place
 * takes over: whoever makes up texts without end gains nothing and fills nothing. */
#define PLACES 1024
#define LONGEST_REMEMBERED 48
typedef PyObject *Memory[PLACES];
static Memory keys, values;

static PyObject *text(Cut cut) {
    if (cut.at == cut.end) return PyUnicode_New(0, 0);
    return PyUnicode_DecodeUTF8((const char *)cut.at, cut.end - cut.at, NULL);
}

static unsigned place_of(Cut cut) {
    uint64_t hash = left(&cut), word;
    for (; left(&cut) >= 8; cut.at += 8) {
        memcpy(&word, cut.at, 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    if (left(&cut)) {
        word = 0;
        memcpy(&word, cut.at, left(&cut));
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    }
    return (unsigned)(hash >> 54) % PLACES;
}

static PyObject *remembered(Memory memory, Cut cut) {
    size_t length = left(&cut);
    if (length < 2 || length > LONGEST_REMEMBERED) return text(cut);
    PyObject **place = &memory[place_of(cut)], *found = *place;
    if (found && (size_t)PyUnicode_GET_LENGTH(found) == length &&
        memcmp(PyUnicode_1BYTE_DATA(found), cut.at, length) == 0) {
        Py_INCREF(found);
        return found;
    }
    found = text(cut);
    if (found && PyUnicode_IS_ASCII(found)) {
        PyObject *before = *place;
        Py_INCREF(found);
        *place = found;
        Py_XDECREF(before);
    }
    return found;
}

PyObject *wire_text(Cut cut) { return remembered(values, cut); }

int wire_check_text(Cut cut) {
    PyObject *read = text(cut);
    Py_XDECREF(read);
    return read ? 0 : -1;
}

PyObject *wire_hex(Cut cut) {
    static const char digits[] = "0123456789abcdef";
    PyObject *made = PyUnicode_New((cut.end - cut.at) * 2, 127);
    if (!made || cut.at == cut.end) return made;
    Py_UCS1 *to = PyUnicode_1BYTE_DATA(made);
    for (; cut.at < cut.end; cut.at++) {
        *to++ = digits[*cut.at >> 4];
        *to++ = digits[*cut.at & 15];
    }
    return made;
}

/* --- values and attributes ----------------------------------------------------------------------------------- */

static PyObject *list_of(Cut cut, int depth);
static PyObject *map_of(Cut cut, int depth);

/* An AnyValue. More than one field in it, or one this code does not know, is its twin's. */
static PyObject *value_of(Cut cut, int depth) {
    Field field;
    if (cut.at == cut.end) return Py_NewRef(Py_None);
    if (take_field(&cut, &field) < 0 || cut.at != cut.end) return NULL;
    switch (field.tag) {
    case TAG(1, LEN):
        return wire_text(field.inner);
    case TAG(2, VARINT):
        return PyBool_FromLong(field.number != 0);
    case TAG(3, VARINT):
        return PyLong_FromLongLong((long long)field.number);
    case TAG(4, I64): {
        double number;
        memcpy(&number, &field.number, 8);
        return PyFloat_FromDouble(number);
    }
    case TAG(5, LEN):
        return depth < MOST_DEPTH ? list_of(field.inner, depth + 1) : NULL;
    case TAG(6, LEN):
        return depth < MOST_DEPTH ? map_of(field.inner, depth + 1) : NULL;
    default: /* Bytes among them. */
        return NULL;
    }
}

static PyObject *list_of(Cut cut, int depth) {
    PyObject *list = PyList_New(0);
    Field field;
    while (list && cut.at < cut.end) {
        PyObject *value = NULL;
        if (take_field(&cut, &field) == 0 && field.tag == TAG(1, LEN)) value = value_of(field.inner, depth);
        if (!value || PyList_Append(list, value) < 0) Py_CLEAR(list);
        Py_XDECREF(value);
    }
    return list;
}

static PyObject *map_of(Cut cut, int depth) {
    PyObject *map = PyDict_New();
    Field field;
    while (map && cut.at < cut.end)
        if (take_field(&cut, &field) < 0 || field.tag != TAG(1, LEN) || wire_put_pair(map, field.inner, depth) < 0)
            Py_CLEAR(map);
    return map;
}

/* A KeyValue into a dict: of two of one key the last wins. */
int wire_put_pair(PyObject *attributes, Cut cut, int depth) {
    PyObject *key = NULL, *value = NULL;
    unsigned seen = 0;
    int result = -1;
    Field field;
    while (cut.at < cut.end) {
        if (take_field(&cut, &field) < 0 || field.tag > TAG(2, 7) || again(&seen, field.tag)) goto done;
        if (field.tag == TAG(1, LEN))
            key = remembered(keys, field.inner);
        else if (field.tag == TAG(2, LEN))
            value = value_of(field.inner, depth);
        else
            goto done;
        if (!(field.tag == TAG(1, LEN) ? key : value)) goto done;
    }
    if (!key && !(key = PyUnicode_New(0, 0))) goto done;
    result = PyDict_SetItem(attributes, key, value ? value : Py_None);
done:
    Py_XDECREF(key);
    Py_XDECREF(value);
    return result;
}
