import { Monitor, Moon, Sun, type LucideIcon } from "lucide-react";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/overlay";
import { chooseTheme, useThemeChoice, type ThemeChoice } from "@/ui/theme";

const THEMES: readonly (readonly [ThemeChoice, string, LucideIcon])[] = [
  ["system", "Like the system", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
];

/** Light, dark, or as the system has it. */
export function ThemeSwitch() {
  const choice = useThemeChoice();
  const Icon = THEMES.find(([id]) => id === choice)?.[2] ?? Monitor;
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="Colours">
          <Icon />
        </IconButton>
      }
    >
      {THEMES.map(([id, label, Each]) => (
        <MenuItem key={id} onClick={() => chooseTheme(id)} checked={id === choice}>
          <Each aria-hidden /> {label}
        </MenuItem>
      ))}
    </Menu>
  );
}
