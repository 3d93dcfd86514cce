using System.Runtime.InteropServices;
using Puzzle.Core.Models;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// N tokens, D hidden, F channels of the widest child

/// <summary>
/// All widths of a feed-forward network on one set of weights: channels in the order of their importance, a width being the first
/// of them. Every step trains the widest and the narrowest child and a few others, drawn with probability as 1 / width.
/// One training in the place of many; a child that comes out worse than its own start keeps its start.
/// </summary>
internal sealed class ElasticChildren : ChildGroup
{
    private readonly (Child Child, int Index, SwiGluFeedForward Module, long Width)[] _byWidth;
    private readonly int _widths;
    private readonly FlatMatrix _down;
    private readonly long _channels;

    public ElasticChildren(ChildFrame frame, IReadOnlyList<Child> children, DistillOptions options)
        : base(frame, children, options, children.Max(child => child.Rows), children.Max(child => child.Rows) / 2 * 3 * frame.Norm.shape[0])
    {
        _byWidth = [.. children.Select((child, i) => (child, i, (SwiGluFeedForward)child.Subblock, child.Rows / 2)).OrderByDescending(child => child.Item4)];
        _widths = options.ElasticWidths;
        _channels = _byWidth[0].Width;
        _down = Take(frame.Norm.shape[0], _channels);
    }

    /// <summary>Whether the children are several widths without biases of their channels, which would have to be shared too.</summary>
    public static bool Fits(IReadOnlyList<Child> children) =>
        children.Count > 1 && children.All(child => child.Subblock is SwiGluFeedForward { GateUpBias: null });

    /// <inheritdoc/>
    protected override IEnumerable<IReadOnlyList<FlatMatrix>> Clipped => [[First, _down]];

    // What is shared is trained on for the widths that still gain by it.
    public override ChildGroup Without(IReadOnlyCollection<Child> gone) => this;

    public override void Save(Child child)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (module, width) = ((SwiGluFeedForward)child.Subblock, child.Rows / 2);
        module.Norm.copy_(Frame.Norm);
        module.GateUp.copy_(cat([First.Value.narrow(0, 0, width), First.Value.narrow(0, _channels, width)]));
        module.Down.copy_(_down.Value.narrow(1, 0, width));
    }

    protected override void Load()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var widest = _byWidth[0].Module;
        var order = tensor(Order(), device: First.Value.device);
        var gateUp = Folded(widest.GateUp, widest.Norm);
        First.Value.copy_(cat([gateUp.narrow(0, 0, _channels).index_select(0, order), gateUp.narrow(0, _channels, _channels).index_select(0, order)]));
        _down.Value.copy_(widest.Down.index_select(1, order));
        _byWidth[0].Child.Matrices = [_down];
    }

    protected override void Follow(ChildPass pass, Tensor[] losses)
    {
        var tokens = pass.Hidden_NR.shape[0];
        var (gate_NF, up_NF) = (pass.Hidden_NR.narrow(1, 0, _channels), pass.Hidden_NR.narrow(1, _channels, _channels));
        var (silu_NF, z_NF) = (Buffer("silu", tokens, _channels), Buffer("z", tokens, _channels));
        Operators.SwiGluForward(gate_NF, up_NF, silu_NF, z_NF);
        var dz_NF = pass.Gradient_NR is null ? null : Buffer("dz", tokens, _channels).zero_();
        var drawn = Drawn();
        foreach (var (child, i, module, width) in _byWidth)
        {
            using var scope = NewDisposeScope();
            if (dz_NF is not null && !drawn.Contains(child))
            {
                losses[i] = full([], Held.Number(double.NaN), ScalarType.Float32, device: z_NF.device).MoveToOuterDisposeScope();
                continue;
            }

            var z = z_NF.narrow(1, 0, width);
            var down = _down.Value.narrow(1, 0, width);
            var added_ND = Products.Linear(z, down);
            if (module.DownBias is not null)
                added_ND.add_(module.DownBias);
            (losses[i], var gradient_ND) = pass.Compare(Frame, added_ND);
            losses[i].MoveToOuterDisposeScope();
            if (gradient_ND is null)
                continue;
            Products.AddOuter(gradient_ND, z, _down.Gradient.narrow(1, 0, width));
            Operators.AddProduct(gradient_ND, down, dz_NF!.narrow(1, 0, width));
        }

        if (dz_NF is not null)
            Operators.SwiGluBackward(dz_NF, gate_NF, up_NF, silu_NF, pass.Gradient_NR!.narrow(1, 0, _channels), pass.Gradient_NR.narrow(1, _channels, _channels));
    }

    // The same in all parts of a step.
    private HashSet<Child> Drawn()
    {
        var drawn = new HashSet<Child> { _byWidth[0].Child, _byWidth[^1].Child };
        var others = _byWidth[1..^1].ToList();
        var random = new Random((int)(Steps % int.MaxValue));
        while (drawn.Count < _widths && others.Count > 0)
        {
            var point = random.NextDouble() * others.Sum(child => 1.0 / child.Width);
            var at = 0;
            while (at < others.Count - 1 && (point -= 1.0 / others[at].Width) > 0)
                at++;
            drawn.Add(others[at].Child);
            others.RemoveAt(at);
        }

        return drawn;
    }

    // Starts copy gate rows from the parent: a row that more of the narrower children have is more important; among equals the
    // larger column of W_down goes first.
    private long[] Order()
    {
        var seen = new Dictionary<(float, float, float), int>();
        foreach (var (_, _, module, width) in _byWidth)
        {
            foreach (var row in Rows(module, width))
                CollectionsMarshal.GetValueRefOrAddDefault(seen, row, out _)++;
        }

        var norms = _byWidth[0].Module.Down.square().sum([0]).cpu().data<float>().ToArray();
        return [.. Rows(_byWidth[0].Module, _channels).Select((row, i) => (Count: seen[row], Norm: norms[i], Channel: (long)i)).OrderByDescending(channel => channel.Count).ThenByDescending(channel => channel.Norm).Select(channel => channel.Channel)];
    }

    private static IEnumerable<(float, float, float)> Rows(SwiGluFeedForward module, long width)
    {
        using var scope = NewDisposeScope();
        var hidden = module.GateUp.shape[1];
        var values = module.GateUp.narrow(0, 0, width).index_select(1, tensor(new[] { 0, hidden / 2, hidden - 1 }, device: module.GateUp.device)).cpu().data<float>().ToArray();
        return Enumerable.Range(0, (int)width).Select(i => (values[3 * i], values[3 * i + 1], values[3 * i + 2]));
    }
}
