/* Which of some words stand in a text, all of them looked for in one pass over it (A. V. Aho, M. J. Corasick: Efficient
 * string matching, CACM 18, 1975). Twins: roadworthy.kit.word_set. */
#include "compiled.h"
#include <stdlib.h>
#include <string.h>

#define NAME "roadworthy.word_set"
#define MOST_WORDS 64
#define MOST_LETTERS 4096 /* of all words together; each may be a state of its own */

/* States are their row's offset in `next`; from `says` on words end in them. */
typedef struct {
    uint8_t class_of[128];
    uint32_t classes, says;
    uint64_t all;
    uint32_t *next;
    uint64_t *words; /* of the states from `says` on */
} Words;

typedef struct {
    int32_t next[128];
    int32_t fail;
    uint64_t words;
} Node;

static void words_free(Words *words) {
    if (words != NULL) {
        PyMem_Free(words->next);
        PyMem_Free(words->words);
        PyMem_Free(words);
    }
}

static void capsule_free(PyObject *capsule) { words_free(PyCapsule_GetPointer(capsule, NAME)); }

/* Adds a word of the classes' letters to the tree. */
static void grow(Node *nodes, int32_t *count, const uint8_t *letters, Py_ssize_t size, int number) {
    int32_t at = 0;
    for (Py_ssize_t i = 0; i < size; i++) {
        int32_t *step = &nodes[at].next[letters[i]];
        if (*step == 0)
            *step = (*count)++;
        at = *step;
    }
    nodes[at].words |= (uint64_t)1 << number;
}

/* Where a letter leads that no word goes on with: to the longest end of what was read that begins a word. */
static void connect(Node *nodes, int32_t *queue) {
    int32_t first = 0, last = 0;
    queue[last++] = 0;
    while (first < last) {
        int32_t at = queue[first++];
        nodes[at].words |= nodes[nodes[at].fail].words;
        for (int letter = 0; letter < 128; letter++) {
            int32_t to = nodes[at].next[letter], else_to = at ? nodes[nodes[at].fail].next[letter] : 0;
            if (to) {
                nodes[to].fail = else_to;
                queue[last++] = to;
            } else {
                nodes[at].next[letter] = else_to;
            }
        }
    }
}

/* Rows for the classes only, the states in which no word ends first. */
static int pack(Words *words, const Node *nodes, int32_t count, int32_t *place) {
    uint32_t silent = 0, at = 0;
    for (int32_t i = 0; i < count; i++)
        silent += nodes[i].words == 0;
    words->next = PyMem_Calloc((size_t)count * words->classes, sizeof *words->next);
    words->words = PyMem_Calloc((size_t)(count - (int32_t)silent) + 1, sizeof *words->words);
    if (words->next == NULL || words->words == NULL)
        return -1;
    words->says = silent * words->classes;
    for (int speaks = 0; speaks < 2; speaks++)
        for (int32_t i = 0; i < count; i++)
            if ((nodes[i].words != 0) == speaks)
                place[i] = (int32_t)at++;
    for (int32_t i = 0; i < count; i++) {
        if (nodes[i].words)
            words->words[(uint32_t)place[i] - silent] = nodes[i].words;
        for (int letter = 0; letter < 128; letter++)
            if (words->class_of[letter])
                words->next[(uint32_t)place[i] * words->classes + words->class_of[letter]] =
                    (uint32_t)place[nodes[i].next[letter >= 'A' && letter <= 'Z' ? letter + 32 : letter]] *
                    words->classes;
    }
    return 0;
}

static Words *words_made(PyObject *list) {
    Py_ssize_t total = 1;
    Words *words = PyMem_Calloc(1, sizeof *words);
    if (words == NULL)
        return (Words *)PyErr_NoMemory();
    words->classes = 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(list); i++) {
        PyObject *word = PyTuple_GET_ITEM(list, i);
        if (!PyUnicode_Check(word) || PyUnicode_GET_LENGTH(word) == 0)
            goto odd;
        if (!PyUnicode_IS_ASCII(word))
            continue; /* stands in no text that is looked at here */
        total += PyUnicode_GET_LENGTH(word);
        const uint8_t *letters = PyUnicode_1BYTE_DATA(word);
        for (Py_ssize_t k = 0; k < PyUnicode_GET_LENGTH(word); k++) {
            if (letters[k] >= 'A' && letters[k] <= 'Z')
                goto odd;
            if (words->class_of[letters[k]] == 0)
                words->class_of[letters[k]] = (uint8_t)words->classes++;
        }
    }
    if (total > MOST_LETTERS)
        goto odd;
    for (int letter = 'A'; letter <= 'Z'; letter++)
        words->class_of[letter] = words->class_of[letter + 32];
    Node *nodes = PyMem_Calloc((size_t)total, sizeof *nodes);
    int32_t *room = PyMem_Calloc((size_t)total, sizeof *room), count = 1;
    int packed = -1;
    if (nodes != NULL && room != NULL) {
        for (int i = 0; i < (int)PyTuple_GET_SIZE(list); i++) {
            PyObject *word = PyTuple_GET_ITEM(list, i);
            if (PyUnicode_IS_ASCII(word)) {
                grow(nodes, &count, PyUnicode_1BYTE_DATA(word), PyUnicode_GET_LENGTH(word), i);
                words->all |= (uint64_t)1 << i;
            }
        }
        connect(nodes, room);
        packed = pack(words, nodes, count, room);
    }
    PyMem_Free(nodes);
    PyMem_Free(room);
    if (packed == 0)
        return words;
    words_free(words);
    return (Words *)PyErr_NoMemory();
odd:
    words_free(words);
    PyErr_SetString(PyExc_ValueError, "words: texts in lower case, none empty, at most 4,096 letters in all");
    return NULL;
}

/* A tuple of words in lower case, at most 64: what the functions below look for. */
PyObject *word_set(PyObject *Py_UNUSED(module), PyObject *list) {
    if (!PyTuple_CheckExact(list) || PyTuple_GET_SIZE(list) > MOST_WORDS) {
        PyErr_SetString(PyExc_ValueError, "words: a tuple of at most 64");
        return NULL;
    }
    Words *words = words_made(list);
    if (words == NULL)
        return NULL;
    PyObject *capsule = PyCapsule_New(words, NAME, capsule_free);
    if (capsule == NULL)
        words_free(words);
    return capsule;
}

/* A bit in `found` for each word that stands in the text, or for the first alone. 1, or 0 for a text that is not plain
 * ASCII, or -1 with an exception set. */
static int search(PyObject *const *args, Py_ssize_t count, int first_alone, uint64_t *found) {
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "expected a word set and a text");
        return -1;
    }
    const Words *words = PyCapsule_GetPointer(args[0], NAME);
    if (words == NULL)
        return -1;
    if (!PyUnicode_Check(args[1]) || !PyUnicode_IS_COMPACT_ASCII(args[1]))
        return 0;
    const uint8_t *at = PyUnicode_1BYTE_DATA(args[1]), *to = at + PyUnicode_GET_LENGTH(args[1]);
    const uint32_t *next = words->next, says = words->says;
    uint32_t state = 0;
    *found = 0;
    while (at < to) {
        state = next[state + words->class_of[*at++]];
        if (state >= says) {
            *found |= words->words[(state - says) / words->classes];
            if (first_alone || *found == words->all)
                break;
        }
    }
    return 1;
}

/* (set, text): whether one of the words stands in it, in whatever case. None: not plain ASCII. */
PyObject *any_word_in(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count) {
    uint64_t found;
    int done = search(args, count, 1, &found);
    return done > 0 ? PyBool_FromLong(found != 0) : done < 0 ? NULL : Py_NewRef(Py_None);
}

/* (set, text): a bit for each of the words that stands in it. None: not plain ASCII. */
PyObject *words_in(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count) {
    uint64_t found;
    int done = search(args, count, 0, &found);
    return done > 0 ? PyLong_FromUnsignedLongLong(found) : done < 0 ? NULL : Py_NewRef(Py_None);
}
