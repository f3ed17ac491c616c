import Traces
import Tracking

extension TraceSweep {
    /// Traces keeps what an experiment's garbage collection takes along.
    static func wired(traces: TracesRoom) -> TraceSweep {
        TraceSweep(count: { try await traces.service.count(of: $0) }, purge: { try await traces.service.purge(of: $0) })
    }
}
