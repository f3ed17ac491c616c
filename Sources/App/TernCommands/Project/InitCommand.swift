import ArgumentParser
import Foundation
import TernKernel
import TernStore

package struct InitCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(commandName: "init", abstract: "Write a tern.yaml to start from.")

    @Argument(help: "The folder; made when missing.")
    package var folder = "."

    package init() {}

    package func run() async throws {
        let url = URL(fileURLWithPath: folder).standardizedFileURL
        let file = url.appendingPathComponent("tern.yaml").path
        guard !FileManager.default.fileExists(atPath: file) else {
            throw TernError(.alreadyExists, "\(file) is there already", hint: "tern check looks at it")
        }
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let name = url.lastPathComponent.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        try DurableFile.replace(file, with: Data(InitCommand.template(project: String(name)).utf8))
        let terminal = Terminal.standard
        terminal.line("wrote \(file)")
        terminal.line("")
        terminal.line("What's next?")
        terminal.line("  tern check      validate it, offline")
        terminal.line("  tern server     run the server, in another terminal")
        terminal.line("  tern apply      make the server match it")
    }

    static func template(project: String) -> String {
        """
        # `tern check` validates this file, `tern apply` makes a server match it.
        project: \(project)
        owner: you@example.com          # a model without an owner cannot be released

        # datasets:
        #   market:
        #     path: data/market.csv
        #     expect:
        #       price: {type: double, min: 0, missing: 1%}
        #
        # pipelines:
        #   train:
        #     steps:
        #       fit:     {run: python steps/fit.py, in: [dataset:market], out: [model.onnx, holdout.parquet]}
        #       publish: {register: my-model, from: fit/model.onnx, holdout: fit/holdout.parquet}
        #
        # models:
        #   my-model:
        #     purpose: What question does it answer?
        #     target: label
        #     gates:
        #       - {metric: f1, at_least: 0.7}
        #
        # endpoints:
        #   answers:
        #     model: my-model
        #     release: {strategy: canary, steps: [5%, 25%, 50%], every: 10m, guard: {errors: 1%}}

        """
    }
}
