/** What `livestore/effect` is: from here on, schemas of Effect (3.x) are taken wherever a schema is wanted. */
import { setFromEffect } from './convert.js'
import { fromEffect } from './effect.js'

setFromEffect(fromEffect)

export { fromEffect }
