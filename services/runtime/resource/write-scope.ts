/** What a write is about: the hotel it happens in, and, when it creates a hotel, that one. */
export type Scope = { readonly hotel: string; readonly creates?: string }
