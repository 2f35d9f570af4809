/** The value that a share `part` of `sorted` does not exceed. */
export declare function percentile(sorted: readonly number[], part: number): number
