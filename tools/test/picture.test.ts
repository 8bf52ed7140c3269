import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drawPictures } from '../picture.mjs'
import { root } from '../run.mjs'

test('the pictures show what a server prints about a refused webhook (node tools/picture.mjs)', async () => {
  const pictures = await drawPictures()
  expect(pictures.size).toBe(2)
  for (const [file, drawing] of pictures) {
    expect(readFileSync(join(root, file), 'utf8')).toBe(drawing)
    expect(drawing).toMatch(/Fix: Set<[\s\S]*?publicUrl: /)
  }
})
