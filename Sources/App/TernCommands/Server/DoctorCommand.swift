import ArgumentParser
import Foundation
import TernInference
import TernKernel
import TernProject
import TernServer
import TernStore
import TernTables

package struct DoctorCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at what Tern needs, and say what is missing and how to get it.")

    @OptionGroup package var options: CommandOptions

    package init() {}

    private struct Finding {
        var name: String
        var state: String
        var fine: Bool
        var hint: String?
    }

    package func run() async throws {
        let findings =
            [
                Finding(name: "tern", state: TernVersion.current, fine: true), await engine("ONNX Runtime") { try InferenceEngine().version() },
                await engine("DuckDB") { try await TableEngine().version() }, python(), home(), project(),
            ] + database()
        if options.json {
            let items = findings.map {
                JSON.object(["name": .string($0.name), "state": .string($0.state), "fine": .bool($0.fine), "hint": JSON($0.hint)])
            }
            print(JSON.object(["findings": .array(items)]).pretty)
        } else {
            let terminal = Terminal.standard
            for finding in findings {
                terminal.line("\(terminal.styled(finding.fine ? "✓" : "✗", finding.fine ? .green : .red)) \(finding.name): \(finding.state)")
                if let hint = finding.hint { terminal.line("    " + hint) }
            }
        }
        if findings.contains(where: { !$0.fine }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func engine(_ name: String, _ version: () async throws -> String) async -> Finding {
        do {
            return Finding(name: name, state: try await version(), fine: true)
        } catch {
            let known = TernError.wrap(error)
            return Finding(name: name, state: known.message, fine: false, hint: known.hint)
        }
    }

    private func python() -> Finding {
        let candidates = [SetupFolder.find().map { $0 + "/venv/bin/python" }, "/usr/bin/python3"].compactMap(\.self)
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            return Finding(
                name: "Python", state: "none found", fine: false,
                hint: "only steps written in Python need it: script/setup, or apt-get install python3")
        }
        return Finding(name: "Python", state: found, fine: true)
    }

    private func home() -> Finding {
        let folder = options.homeFolder
        if let running = ServerAddress.read(home: folder) {
            return Finding(name: "home", state: "\(folder), served at \(running.url) by process \(running.process)", fine: true)
        }
        let writable = FileManager.default.isWritableFile(
            atPath: FileManager.default.fileExists(atPath: folder) ? folder : (folder as NSString).deletingLastPathComponent)
        return Finding(
            name: "home", state: folder + (writable ? ", no server running" : " cannot be written"), fine: writable,
            hint: writable ? nil : "choose another: --home DIR")
    }

    /// Where the rows are, when that is not the home.
    private func database() -> [Finding] {
        guard let url = ProcessInfo.processInfo.environment["TERN_DATABASE"] else { return [] }
        do {
            let location = try DatabaseLocation(url: url)
            try Database.check(url)
            return [Finding(name: "database", state: "\(location.description) answers", fine: true)]
        } catch {
            let known = TernError.wrap(error)
            return [Finding(name: "database", state: known.message, fine: false, hint: known.hint)]
        }
    }

    private func project() -> Finding {
        guard let file = options.projectFile else {
            return Finding(name: "tern.yaml", state: "none here or above", fine: true, hint: "tern init writes one")
        }
        do {
            let project = try Project.load(file)
            return Finding(name: "tern.yaml", state: "\(file): project \(project.name), sound", fine: true)
        } catch {
            return Finding(name: "tern.yaml", state: TernError.wrap(error).message, fine: false)
        }
    }
}
