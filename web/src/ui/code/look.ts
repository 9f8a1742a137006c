import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The tokens of the page, so that light and dark need no second theme. */
export const look = EditorView.theme({
  "&": { fontSize: "0.75rem", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-scroller": { outline: "2px solid var(--focus)", outlineOffset: "-2px", borderRadius: "6px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.125rem", overflow: "auto" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--text)", fontVariantLigatures: "none" },
  ".cm-line": { padding: "0 10px 0 4px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 2px 0 10px", minWidth: "2.2rem" },
  ".cm-foldGutter .cm-gutterElement": { cursor: "pointer", padding: "0 2px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--hover) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklab, var(--accent) 28%, transparent)",
  },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", color: "var(--muted)", border: "none", padding: "0 6px", borderRadius: "4px" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn-mark)" },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in oklab, var(--warn-mark) 40%, transparent)" },
  ".cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { fontFamily: "var(--font-sans)", fontSize: "0.75rem", padding: "6px 28px 6px 8px" },
  ".cm-panel.cm-search label": { fontSize: "0.75rem", display: "inline-flex", alignItems: "center", gap: "3px" },
  ".cm-textfield": { backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 6px", fontSize: "0.75rem" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 8px", color: "var(--text)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--muted)", fontSize: "16px", width: "24px", height: "24px" },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-place": { color: "var(--accent)", backgroundColor: "var(--accent-soft)", borderRadius: "3px" },
  ".cm-place-unknown": { color: "var(--bad)", backgroundColor: "var(--bad-soft)", borderRadius: "3px", textDecoration: "underline wavy var(--bad-mark)" },
});

/** Keys in the accent, texts in green, numbers and words of the language in violet: as the folding viewer draws them. */
export const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.function(tags.variableName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.modifier], color: "var(--kind-agent)" },
  { tag: [tags.null, tags.comment, tags.punctuation, tags.separator, tags.bracket], color: "var(--faint)" },
  { tag: [tags.className, tags.typeName, tags.self], color: "var(--kind-tool)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);
