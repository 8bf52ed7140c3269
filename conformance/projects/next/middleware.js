import { NextResponse } from 'next/server'

/** Cuts large bodies, as Next does below any middleware, and rewrites one path. */
export function middleware({ nextUrl }) {
  if (nextUrl.pathname.endsWith('/rewritten')) return NextResponse.rewrite(new URL('/fixed', nextUrl))
  return NextResponse.next()
}

export const config = { matcher: ['/cut', '/rewritten'] }
