import { vi } from 'vitest'

// All files of this project share a process. Examples read the environment when they load.
vi.unstubAllEnvs()
vi.unstubAllGlobals()
vi.resetModules()
