// The unit of the cold imports.
import 'node:crypto'
