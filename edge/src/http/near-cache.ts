// What a location remembers for all its isolates: the part of the Workers Cache that is used.

export interface NearCache {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
}
