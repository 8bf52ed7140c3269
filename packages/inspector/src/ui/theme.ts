import { signal } from '@preact/signals'

const themes = ['auto', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const key = 'tollgate-theme'
export const theme = signal<Theme>(themes.find((one) => one === localStorage.getItem(key)) ?? 'auto')

/** Applies the theme. `auto` follows the system. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value
}

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto'
  localStorage.setItem(key, theme.value)
  applyTheme()
}
