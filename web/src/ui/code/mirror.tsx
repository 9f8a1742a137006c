import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder as placeholderText } from "@codemirror/view";
import { useEffect, useRef } from "react";
import type { Language } from "./languages";
import { colours, look } from "./look";
import { places } from "./places";

interface MirrorProps {
  id?: string | undefined;
  text: string;
  language: Language;
  label: string;
  maxHeight: string;
  minHeight?: string;
  placeholder?: string | undefined;
  /** Without it the text is only read. */
  onChange?: (text: string) => void;
}

const LANGUAGES: Record<Language, () => Extension> = {
  json: () => json(),
  python: () => [python(), indentUnit.of("    ")],
  rubric: () => places,
  text: () => [],
};

/** CodeMirror, as this page looks. Loaded only where code is read or written. */
export function Mirror({ id, text, language, label, maxHeight, minHeight, placeholder, onChange }: MirrorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const told = useRef(onChange);
  const latest = useRef(text);
  const writable = onChange !== undefined;
  useEffect(() => {
    told.current = onChange;
    latest.current = text;
  });
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: latest.current,
        extensions: [
          LANGUAGES[language](),
          writable ? writing : reading,
          shared,
          EditorView.theme({ ".cm-scroller": { maxHeight }, ...(minHeight ? { ".cm-content": { minHeight } } : {}) }),
          EditorView.contentAttributes.of({ "aria-label": label, ...(id ? { id } : {}), ...(writable ? {} : { tabindex: "0", "aria-readonly": "true" }) }),
          placeholder ? placeholderText(placeholder) : [],
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            latest.current = update.state.doc.toString();
            told.current?.(latest.current);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [id, language, label, maxHeight, minHeight, placeholder, writable]);
  useEffect(() => {
    const shown = view.current;
    if (shown && shown.state.doc.toString() !== text) shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: text } });
  }, [text]);
  return <div ref={place} />;
}

const shared: Extension = [
  look,
  syntaxHighlighting(colours),
  lineNumbers(),
  codeFolding(),
  foldGutter(),
  bracketMatching(),
  search({ top: true }),
  highlightSelectionMatches(),
  EditorView.lineWrapping,
  keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
];

/** Not editable rather than only read-only: the page's own keys (j, k, ?) go on working over it. */
const reading: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

const writing: Extension = [
  history(),
  drawSelection(),
  indentOnInput(),
  highlightActiveLine(),
  EditorState.tabSize.of(4),
  keymap.of(historyKeymap),
];
