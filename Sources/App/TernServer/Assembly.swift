import Hummingbird
import Logging
import TernKernel
import TernStore
import TernWeb

final class Assembly: Sendable {
    let home: HomeFolder
    init(home: HomeFolder) { self.home = home }
    static func open(_ configuration: ServerConfiguration, logger: Logger) async throws -> Assembly { Assembly(home: try HomeFolder(configuration.home)) }
    func router() -> TernRouter { TernRouter(context: TernContext.self) }
    func runInBackground() async throws {}
    func listening(at url: String) {}
    func close() async {}
}
