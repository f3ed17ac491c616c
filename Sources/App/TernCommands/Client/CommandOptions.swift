import ArgumentParser
import Foundation
import TernKernel
import TernProject
import TernServer

/// The flags that every command has.
package struct CommandOptions: ParsableArguments {
    @Option(help: "The folder that holds everything. Default: .tern beside tern.yaml, else ~/.tern.")
    package var home: String?

    @Option(help: "A running server's URL, instead of this home's own.")
    package var server: String?

    @Option(help: "The token to show to the server.")
    package var token: String?

    @Option(help: "The folder of tern.yaml, or the file. Default: the nearest one, upward from here.")
    package var project: String?

    @Flag(help: "Print JSON, for programs.")
    package var json = false

    package init() {}

    /// The path of `tern.yaml`, if there is one.
    package var projectFile: String? {
        guard let project else { return Project.find() }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: project, isDirectory: &isFolder) else { return project }
        let path = isFolder.boolValue ? project + "/tern.yaml" : project
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// - Throws: `not_found` when there is none.
    package func requireProjectFile() throws -> String {
        guard let file = projectFile else {
            throw TernError.notFound(
                "there is no tern.yaml here or above (\(FileManager.default.currentDirectoryPath))",
                hint: "go to your project's folder, or: tern init")
        }
        return file
    }

    package var homeFolder: String {
        if let home { return URL(fileURLWithPath: home).standardizedFileURL.path }
        if let file = projectFile { return URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(".tern").path }
        return FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".tern").path
    }

    /// Runs `body` with a client of the server that this command is for: the one that is named, the one that runs for this home, or else
    /// one that is brought up on a free loopback port for as long as the command takes.
    package func withClient<Answer: Sendable>(_ body: @Sendable @escaping (TernClient) async throws -> Answer) async throws -> Answer {
        if let server { return try await body(TernClient(url: server, token: token)) }
        if let running = ServerAddress.read(home: homeFolder) { return try await body(TernClient(url: running.url, token: token)) }
        let configuration = ServerConfiguration(home: homeFolder, database: ProcessInfo.processInfo.environment["TERN_DATABASE"], port: 0)
        return try await TernServer.run(configuration) { url in try await body(TernClient(url: url, token: token)) }
    }
}
