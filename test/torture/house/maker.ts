/** The subject by which the world of a run is made. */
export const MAKER = 'world'
