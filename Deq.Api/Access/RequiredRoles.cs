namespace Deq.Api.Access;

/// <summary>Endpoint metadata: who may call. Endpoints without it are for all who have shown any key.</summary>
/// <param name="Roles">One of these is enough; <see cref="Roles.None"/>: any client, without a key.</param>
internal sealed record RequiredRoles(Roles Roles);

internal static class RequiredRolesExtensions
{
    /// <summary>Lets clients call that have one of some roles; <see cref="Roles.None"/> lets everybody, without a key.</summary>
    public static TBuilder ForRoles<TBuilder>(this TBuilder routes, Roles roles)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new RequiredRoles(roles));
}
