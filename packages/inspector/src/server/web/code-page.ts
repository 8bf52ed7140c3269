/**
 * Writes a page about a rejection code as HTML. The pages have headings, quotes, lists, bold text,
 * code and links to each other.
 * @param markdown the text of a page of this package
 */
export function writeCodePage(markdown: string): string {
  const blocks = markdown.trim().split(/\n{2,}/)
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} – Tollgate</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<body class="code-page">
<main class="stack">
${blocks.map(writeBlock).join('\n')}
</main>
</body>
</html>
`
}

function writeBlock(block: string): string {
  const [, level = '', heading] = /^(#{1,3}) (.+)$/.exec(block) ?? []
  if (heading !== undefined) return `<h${level.length}>${writeText(heading)}</h${level.length}>`
  if (block.startsWith('> ')) return `<blockquote>${writeText(block.replace(/^> ?/gm, ''))}</blockquote>`
  if (block.startsWith('- '))
    return `<ul>${block
      .split(/^- /m)
      .slice(1)
      .map((item) => `<li>${writeText(item.trim())}</li>`)
      .join('')}</ul>`
  return `<p>${writeText(block)}</p>`
}

function writeText(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\[([^\]]+)\]\(([a-z_]+)\.md\)/g, '<a href="/codes/$2">$1</a>')
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
