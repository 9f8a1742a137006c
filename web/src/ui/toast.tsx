import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";

export const toasts = Toast.createToastManager();

export function notify(title: string, description?: string): void {
  toasts.add({ title, ...(description ? { description } : {}), timeout: 5000 });
}

function List() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="flex w-80 items-start gap-2 rounded-lg bg-raised p-3 text-sm shadow-pop transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
    >
      <div className="min-w-0 flex-1">
        <Toast.Title className="text-xs font-medium" />
        <Toast.Description className="text-xs text-muted" />
      </div>
      <Toast.Close aria-label="Dismiss" className="rounded p-0.5 text-muted hover:bg-hover">
        <X className="size-3.5" />
      </Toast.Close>
    </Toast.Root>
  ));
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex flex-col gap-2 max-md:top-14 max-md:bottom-auto">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
