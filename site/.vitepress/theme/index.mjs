import DefaultTheme from 'vitepress/theme'
import Playground from './Playground.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  /** @param {{ app: import('vue').App }} context */
  enhanceApp({ app }) {
    app.component('Playground', Playground)
  },
}
