import TernKernel
extension Tensor {
    /// A column as a tensor `[rows, 1]` (or `[rows]` when `vector`).
    package init(column: Column, type: TensorType, vector: Bool = false) throws { throw TernError(.notImplemented, "") }
    package func columns() throws -> [Column] { [] }
}
