/** `NaN` without a value. */
export declare function median(values: readonly number[]): number
/** The value that a share `part` of `sorted` does not exceed. */
export declare function percentile(sorted: readonly number[], part: number): number
