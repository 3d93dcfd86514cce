using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>A model whose weights a function gives: what an export is compared with owes nothing to the reader of the export.</summary>
internal sealed class MemoryCheckpoint(ModelConfig config, ReadTensor read) : ICheckpoint
{
    public string Path => "memory";

    public ModelConfig Config { get; } = config;

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; } = WeightLayout.Of(config).ToDictionary(tensor => tensor.Name, tensor => new TensorInfo(tensor.Name, StoredType.F32, tensor.Shape));

    public string ContentHash => "";

    public bool Has(string name) => Tensors.ContainsKey(name);

    public void Read(string name, Span<float> destination) => read(name, destination);

    public void Dispose()
    {
    }
}
