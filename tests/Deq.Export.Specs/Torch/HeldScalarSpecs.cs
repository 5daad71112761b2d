using System.Runtime.CompilerServices;
using Deq.Export.Torch;
using Mono.Cecil;
using Mono.Cecil.Cil;
using TorchSharp;

namespace Deq.Export.Specs.Torch;

public sealed class HeldScalarSpecs
{
    /// <summary>What may reach one of them, with the reason.</summary>
    private static readonly HashSet<string> s_makers = [nameof(HeldScalar)];

    [Fact]
    public void Outlive_the_calls_that_follow_and_no_more()
    {
        WeakReference number = Asked();
        GC.Collect();
        Assert.True(number.IsAlive);

        for (int i = 0; i < 64; i++)
        {
            HeldScalar.Of(i);
        }

        GC.Collect();
        Assert.False(number.IsAlive);
    }

    /// <summary>TorchSharp's own conveniences make such numbers as well: a + b of two tensors passes the factor 1.</summary>
    [Fact]
    public void Are_the_only_numbers_that_the_tool_hands_to_Torch()
    {
        using var library = AssemblyDefinition.ReadAssembly(typeof(Scalar).Assembly.Location);
        using var tool = AssemblyDefinition.ReadAssembly(typeof(HeldScalar).Assembly.Location);
        HashSet<string> loose = Loose(library.MainModule);

        Assert.Contains("TorchSharp.torch/Tensor TorchSharp.torch/Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", loose);
        string[] found =
        [
            .. from type in tool.MainModule.GetTypes()
               where !s_makers.Contains(type.Name) && !s_makers.Contains(type.DeclaringType?.Name ?? "")
               from method in type.Methods
               from called in Called(method)
               where loose.Contains(called.FullName)
               select $"{method.FullName} calls {called.FullName}",
        ];
        Assert.True(found.Length == 0, string.Join('\n', found.Distinct()));
    }

    /// <summary>Methods of the library in which a number is made that nothing holds, found from the conversions upwards.</summary>
    private static HashSet<string> Loose(ModuleDefinition library)
    {
        ILookup<string, string> callers = (from type in library.GetTypes()
                                           from method in type.Methods
                                           from called in Called(method)
                                           select (called.FullName, Caller: method.FullName)).ToLookup(call => call.FullName, call => call.Caller);
        var found = new HashSet<string>();
        var open = new Stack<string>(callers.Select(call => call.Key).Where(name => name.StartsWith("TorchSharp.Scalar ", StringComparison.Ordinal)));
        while (open.TryPop(out string? name))
        {
            if (found.Add(name))
            {
                foreach (string caller in callers[name])
                {
                    open.Push(caller);
                }
            }
        }

        return found;
    }

    private static IEnumerable<MethodReference> Called(MethodDefinition method) =>
        method.HasBody ? method.Body.Instructions.Where(step => step.OpCode.FlowControl == FlowControl.Call).Select(step => step.Operand).OfType<MethodReference>() : [];

    /// <summary>In a frame of its own, so that nothing of this one keeps it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Asked() => new(HeldScalar.Of(0.25));
}
