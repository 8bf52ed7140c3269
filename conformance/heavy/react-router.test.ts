import { reactRouter } from '../frameworks/react-router.ts'
import { describeBuilt } from './built-version.ts'

for (const version of reactRouter) describeBuilt(version, 'conformance/projects/react-router')
