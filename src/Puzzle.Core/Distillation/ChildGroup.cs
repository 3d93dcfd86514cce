using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, N = B T, D hidden, R rows of all children's first matrices

/// <summary>
/// Children of one subblock that are trained together: their first matrices stand one below the other and read the shared
/// normalised input in one product; what follows is worked out without autograd, and one fused AdamW moves all. A child's
/// numbers do not depend on who else is in the group. Norms and biases are the parent's and stay: the matrices can do what
/// a norm's weights can.
/// </summary>
internal abstract class ChildGroup : IDisposable
{
    private readonly Dictionary<string, Tensor> _buffers = [];
    private readonly FlatBuffers _flat;
    private readonly Tensor _steps;
    private readonly DistillOptions _options;

    /// <param name="frame">What the children have in common.</param>
    /// <param name="children">At least one.</param>
    /// <param name="options">Schedule and optimiser.</param>
    /// <param name="rows">Rows of the first matrices; null: each child has its own.</param>
    /// <param name="numbers">Numbers in all matrices; null: each child has its own.</param>
    protected ChildGroup(ChildFrame frame, IReadOnlyList<Child> children, DistillOptions options, long? rows = null, long? numbers = null)
    {
        (Frame, Children, _options) = (frame, children, options);
        _flat = new FlatBuffers(numbers ?? children.Sum(child => child.Subblock.Parameters.Where(matrix => matrix.dim() > 1).Sum(matrix => matrix.numel())), frame.Norm.device);
        _steps = zeros([], ScalarType.Float32, frame.Norm.device).DetachFromDisposeScope();
        First = _flat.Take(rows ?? children.Sum(child => child.Rows), frame.Norm.shape[0]);
    }

    /// <summary>What the children have in common.</summary>
    protected ChildFrame Frame { get; }

    public IReadOnlyList<Child> Children { get; }

    /// <summary>First matrices of all children: [R, D].</summary>
    protected FlatMatrix First { get; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>A group of children of one kind of subblock, with the weights of their modules.</summary>
    public static ChildGroup Of(ChildFrame frame, IReadOnlyList<Child> children, DistillOptions options)
    {
        ChildGroup group = frame.Kind == SubblockKind.Attention ? new AttentionChildren(frame, children, options)
            : options.ElasticWidths > 0 && ElasticChildren.Fits(children) ? new ElasticChildren(frame, children, options)
            : new FeedForwardChildren(frame, children, options);
        group.Load();
        return group;
    }

    /// <summary>The same training without some of the children.</summary>
    public virtual ChildGroup Without(IReadOnlyCollection<Child> gone)
    {
        using var noGrad = no_grad();
        var staying = Children.Where(child => !gone.Contains(child)).ToArray();
        var before = staying.Select(child => child.Matrices).ToArray();
        var group = Of(Frame, staying, _options);
        for (var i = 0; i < staying.Length; i++)
        {
            foreach (var (matrix, old) in staying[i].Matrices.Zip(before[i]))
                matrix.CopyFrom(old);
        }

        group.Steps = Steps;
        foreach (var matrix in before.SelectMany(matrices => matrices).Concat(gone.SelectMany(child => child.Matrices)))
            matrix.Dispose();
        Dispose();
        return group;
    }

    /// <summary>The children's losses on some windows: [children]. With <paramref name="train"/>, gradients are added up.</summary>
    /// <param name="batch">The windows, as few at a time as memory wants.</param>
    /// <param name="target">Their part of what <see cref="ChildLoss.Of"/> gave.</param>
    /// <param name="weights">The same.</param>
    /// <param name="power">Of all windows of the step.</param>
    /// <param name="train">Whether gradients are wanted.</param>
    public Tensor Losses(LayerBatch batch, Tensor target, Tensor weights, double power, bool train)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var input_BTD = batch.InputOf(Frame.Kind);
        var n_ND = Operators.RmsNorm(input_BTD, Frame.Norm, Frame.Eps).flatten(0, 1);
        var hidden_NR = Buffer("hidden", n_ND.shape[0], First.Value.shape[0]);
        Products.LinearInto(n_ND, First.Value, hidden_NR);
        var gradient_NR = train ? Buffer("gradient", n_ND.shape[0], First.Value.shape[0]) : null;
        var losses = new Tensor[Children.Count];
        Follow(new ChildPass(input_BTD, target, weights, power, hidden_NR, gradient_NR), losses);
        if (gradient_NR is not null)
            Products.AddOuter(gradient_NR, n_ND, First.Gradient);
        return stack(losses).MoveToOuterDisposeScope();
    }

    /// <summary>Clips each child's gradient by its own norm, takes a step, sets the gradients to zero.</summary>
    public void Update(double rate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (_options.ClipNorm > 0)
            Clip();
        _steps.fill_(Held.Number(++Steps));
        Operators.AdamW([_flat.Values], [_flat.Gradients], [_flat.FirstMoments], [_flat.SecondMoments], [_steps], rate, _options.Beta1, _options.Beta2, _options.WeightDecay, 1e-8);
        _flat.Gradients.zero_();
    }

    /// <summary>Writes a child's weights into its module.</summary>
    public abstract void Save(Child child);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _buffers.Values)
            buffer.Dispose();
        First.Dispose();
        _steps.Dispose();
        _flat.Dispose();
    }

    /// <summary>Reads the children's weights from their modules and names their matrices.</summary>
    protected abstract void Load();

    /// <summary>Matrices whose gradients are clipped together: each child's own.</summary>
    protected virtual IEnumerable<IReadOnlyList<FlatMatrix>> Clipped => Children.Select(child => child.Matrices);

    /// <summary>What follows the first product: losses, and gradients where the pass wants them.</summary>
    protected abstract void Follow(ChildPass pass, Tensor[] losses);

    /// <summary>The next matrix behind the first ones.</summary>
    protected FlatMatrix Take(long rows, long columns) => _flat.Take(rows, columns);

    /// <summary>Room that is used again in every pass.</summary>
    protected Tensor Buffer(string name, long rows, long columns)
    {
        if (!_buffers.TryGetValue(name, out var buffer) || buffer.shape[0] < rows)
        {
            buffer?.Dispose();
            _buffers[name] = buffer = empty([rows, columns], ScalarType.Float32, Frame.Norm.device).DetachFromDisposeScope();
        }

        return buffer.narrow(0, 0, rows);
    }

    /// <summary>A first matrix as it reads the parent's normalised input, were the child's norm another one.</summary>
    protected Tensor Folded(Tensor matrix, Tensor norm) =>
        norm.allclose(Frame.Norm, 0, 0) ? matrix : matrix * (norm / where(Frame.Norm.abs() < Held.Number(1e-12), ones_like(Frame.Norm, requires_grad: false), Frame.Norm));

    private void Clip()
    {
        var sets = Clipped.ToArray();
        var norms = Operators.Norms([.. sets.SelectMany(set => set.Select(matrix => matrix.Gradient))]).cpu().data<float>().ToArray();
        var at = 0;
        foreach (var set in sets)
        {
            var norm = Math.Sqrt(set.Select((_, i) => (double)norms[at + i] * norms[at + i]).Sum());
            at += set.Count;
            if (norm > _options.ClipNorm)
                Operators.ScaleAll([.. set.Select(matrix => matrix.Gradient)], _options.ClipNorm / norm);
        }
    }
}
