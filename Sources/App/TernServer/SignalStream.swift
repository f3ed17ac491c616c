import Dispatch

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The signals that a process gets, as a stream instead of their default effect.
final class SignalStream: Sendable {
    private let stream: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal & Sendable]

    init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// Until the first of them comes, or this task is cancelled.
    func first() async {
        for await _ in stream { return }
    }
}
