// A rule of nitro.config.mjs caches this route.
export { default } from '../[...path].js'
