/** Below so many bytes compressing an answer costs more than it saves. */
export const LEAST_COMPRESSED = 1_024

const extension = 'type.googleapis.com/envoy.extensions.compression'
/** The codings, the better one first, with a level that costs little time. */
const libraries = {
  br: { name: 'brotli', typed_config: { '@type': `${extension}.brotli.compressor.v3.Brotli`, quality: 3 } },
  gzip: {
    name: 'gzip',
    typed_config: { '@type': `${extension}.gzip.compressor.v3.Gzip`, compression_level: 'COMPRESSION_LEVEL_3' },
  },
} as const

/** The names of the filters that compress. */
export const compressorFilters = Object.keys(libraries).map((coding) => `hotel.compressor.${coding}`)

/**
 * Compresses answers in JSON for those who accept it: never gRPC, which has a way of its own, and no stream, whose messages
 * would wait for one another.
 */
export function compressors(): object[] {
  return Object.values(libraries).map((library, index) => ({
    name: compressorFilters[index],
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor',
      compressor_library: library,
      choose_first: index === 0,
      response_direction_config: {
        common_config: { min_content_length: LEAST_COMPRESSED, content_type: ['application/json'] },
        // The bytes are others; the version is the same.
        weaken_etag_on_compress: true,
        uncompressible_response_codes: [304],
      },
    },
  }))
}
