using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.Linear;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// N tokens, D hidden, F channels of all widths

/// <summary>Feed-forward children: gates of all widths, then ups of all widths, then the linear ones.</summary>
internal sealed class FeedForwardChildren : ChildGroup
{
    private readonly (Child Child, int Index, SwiGluFeedForward Module, long First, long Width)[] _wide;
    private readonly (Child Child, int Index, LinearSubblock Module, long First)[] _linear;
    private readonly long _channels;

    public FeedForwardChildren(ChildFrame frame, IReadOnlyList<Child> children, DistillOptions options)
        : base(frame, children, options)
    {
        var (wide, linear) = (new List<(Child, int, SwiGluFeedForward, long, long)>(), new List<(Child, int, LinearSubblock, long)>());
        foreach (var (child, i) in children.Select((child, i) => (child, i)))
        {
            if (child.Subblock is not SwiGluFeedForward swiGlu)
                continue;
            wide.Add((child, i, swiGlu, _channels, swiGlu.Down.shape[1]));
            _channels += swiGlu.Down.shape[1];
        }

        var at = 2 * _channels;
        foreach (var (child, i) in children.Select((child, i) => (child, i)))
        {
            if (child.Subblock is not LinearSubblock subblock)
                continue;
            linear.Add((child, i, subblock, at));
            at += subblock.Weight.shape[0];
        }

        (_wide, _linear) = ([.. wide], [.. linear]);
    }

    protected override void Load()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (child, _, module, first, width) in _wide)
        {
            child.Matrices = [First.Rows(first, width), First.Rows(_channels + first, width), Take(module.Down.shape[0], width)];
            var gateUp = Folded(module.GateUp, module.Norm);
            child.Matrices[0].Value.copy_(gateUp.narrow(0, 0, width));
            child.Matrices[1].Value.copy_(gateUp.narrow(0, width, width));
            child.Matrices[2].Value.copy_(module.Down);
        }

        foreach (var (child, _, module, first) in _linear)
        {
            child.Matrices = [First.Rows(first, module.Weight.shape[0])];
            child.Matrices[0].Value.copy_(Folded(module.Weight, module.Norm));
        }
    }

    public override void Save(Child child)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        child.Subblock.Parameters[0].copy_(Frame.Norm);
        if (child.Subblock is LinearSubblock linear)
        {
            linear.Weight.copy_(child.Matrices[0].Value);
            return;
        }

        var swiGlu = (SwiGluFeedForward)child.Subblock;
        swiGlu.GateUp.copy_(cat([child.Matrices[0].Value, child.Matrices[1].Value]));
        swiGlu.Down.copy_(child.Matrices[2].Value);
    }

    protected override void Follow(ChildPass pass, Tensor[] losses)
    {
        foreach (var (_, i, module, first) in _linear)
        {
            var rows = module.Weight.shape[0];
            (losses[i], var gradient_ND) = pass.Compare(Frame, pass.Hidden_NR.narrow(1, first, rows));
            if (gradient_ND is not null)
                pass.Gradient_NR!.narrow(1, first, rows).copy_(gradient_ND);
        }

        if (_channels == 0)
            return;
        var tokens = pass.Hidden_NR.shape[0];
        var (gate_NF, up_NF) = (pass.Hidden_NR.narrow(1, 0, _channels), pass.Hidden_NR.narrow(1, _channels, _channels));
        var (silu_NF, z_NF) = (Buffer("silu", tokens, _channels), Buffer("z", tokens, _channels));
        foreach (var (_, _, module, first, width) in _wide.Where(child => child.Module.GateUpBias is not null))
        {
            gate_NF.narrow(1, first, width).add_(module.GateUpBias!.narrow(0, 0, width));
            up_NF.narrow(1, first, width).add_(module.GateUpBias!.narrow(0, width, width));
        }

        Operators.SwiGluForward(gate_NF, up_NF, silu_NF, z_NF);
        var dz_NF = pass.Gradient_NR is null ? null : Buffer("dz", tokens, _channels);
        foreach (var (child, i, module, first, width) in _wide)
        {
            using var scope = NewDisposeScope();
            var z = z_NF.narrow(1, first, width);
            var down = child.Matrices[2];
            var added_ND = Buffer("added", tokens, down.Value.shape[0]);
            Products.LinearInto(z, down.Value, added_ND);
            if (module.DownBias is not null)
                added_ND.add_(module.DownBias);
            (losses[i], var gradient_ND) = pass.Compare(Frame, added_ND);
            losses[i].MoveToOuterDisposeScope();
            if (gradient_ND is null)
                continue;
            Products.AddOuter(gradient_ND, z, down.Gradient);
            Products.BackInto(gradient_ND, down.Value, dz_NF!.narrow(1, first, width));
        }

        if (dz_NF is not null)
            Operators.SwiGluBackward(dz_NF, gate_NF, up_NF, silu_NF, pass.Gradient_NR!.narrow(1, 0, _channels), pass.Gradient_NR.narrow(1, _channels, _channels));
    }
}
