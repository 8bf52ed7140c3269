import { describe, expect, test, vi } from 'vitest'

