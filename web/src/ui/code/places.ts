import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { placesIn } from "./rubric-places";

const known = Decoration.mark({ class: "cm-place" });
const unknown = Decoration.mark({ class: "cm-place-unknown", attributes: { title: "Nothing is filled in here: no such place" } });

function drawn(view: EditorView): DecorationSet {
  const found = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges)
    for (const place of placesIn(view.state.doc.sliceString(from, to))) found.add(from + place.from, from + place.to, place.known ? known : unknown);
  return found.finish();
}

/** Marks the places of a rubric that are filled in, and those that never will be. */
export const places = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = drawn(view);
    }
    update(update: ViewUpdate): void {
      if (update.docChanged || update.viewportChanged) this.decorations = drawn(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
