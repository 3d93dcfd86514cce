using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>
/// The matrices of all children of a subblock end to end in one buffer, and beside it their gradients and AdamW's two moments,
/// so that a step is one fused operation.
/// </summary>
internal sealed class FlatBuffers : IDisposable
{
    private long _used;

    public FlatBuffers(long count, Device device)
    {
        Values = Make();
        Gradients = Make();
        FirstMoments = Make();
        SecondMoments = Make();

        Tensor Make() => zeros(count, ScalarType.Float32, device).DetachFromDisposeScope();
    }

    public Tensor Values { get; }

    public Tensor Gradients { get; }

    public Tensor FirstMoments { get; }

    public Tensor SecondMoments { get; }

    /// <summary>The next matrix of this shape.</summary>
    public FlatMatrix Take(long rows, long columns)
    {
        var start = _used;
        _used += rows * columns;
        return new FlatMatrix(View(Values), View(Gradients), View(FirstMoments), View(SecondMoments));

        Tensor View(Tensor flat) => flat.narrow(0, start, rows * columns).view(rows, columns).DetachFromDisposeScope();
    }

    public void Dispose()
    {
        Values.Dispose();
        Gradients.Dispose();
        FirstMoments.Dispose();
        SecondMoments.Dispose();
    }
}

/// <summary>A matrix of the buffers: views of its values, gradients and moments.</summary>
internal sealed record FlatMatrix(Tensor Value, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment) : IDisposable
{
    /// <summary>Some of its rows.</summary>
    public FlatMatrix Rows(long first, long count)
    {
        return new(Part(Value), Part(Gradient), Part(FirstMoment), Part(SecondMoment));

        Tensor Part(Tensor whole) => whole.narrow(0, first, count).DetachFromDisposeScope();
    }

    /// <summary>Takes over values and moments.</summary>
    public void CopyFrom(FlatMatrix other)
    {
        Value.copy_(other.Value);
        FirstMoment.copy_(other.FirstMoment);
        SecondMoment.copy_(other.SecondMoment);
    }

    public void Dispose()
    {
        Value.Dispose();
        Gradient.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
