import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./client/query";
import { preloadPages } from "./routes/lazy-page";
import { router } from "./routes/router";
import "./ui/base.css";
import { Toasts } from "./ui/toast";

/** Long enough for the first page to have what it needs, ms. */
const QUIET = 5000;

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");

createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider>
        <RouterProvider router={router} />
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);

setTimeout(preloadPages, QUIET);
