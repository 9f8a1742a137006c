import type { ComponentType } from "react";

type Modules<Name extends string> = Record<Name, ComponentType>;

export interface LazyPage {
  (): React.JSX.Element;
  preload: () => Promise<void>;
}

const PAGES: LazyPage[] = [];

/**
 * A page whose code comes when it is needed. Where it does not come, the page that is open stays open and says
 * so: the router's own helper would load the address anew, and a server that is away would leave nothing.
 */
export function lazyPage<Name extends string>(load: () => Promise<Modules<Name>>, name: Name): LazyPage {
  let Loaded: ComponentType | undefined;
  const Page = () => {
    if (!Loaded) throw new TypeError("Failed to fetch the code of this page");
    return <Loaded />;
  };
  Page.preload = async () => {
    Loaded = (await load())[name];
  };
  PAGES.push(Page);
  return Page;
}

/** Fetches the code of all pages, so that going from one to the other does not need the server. */
export function preloadPages(): void {
  // What fails now is fetched when it is needed.
  for (const page of PAGES) page.preload().catch(() => undefined);
}
