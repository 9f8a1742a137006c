/** What the page can colour. `rubric` is prose with places in braces; `text` is anything else. */
export type Language = "json" | "python" | "rubric" | "text";
