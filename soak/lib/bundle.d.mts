/** The path of the command. */
export declare function bundle(): Promise<string>
