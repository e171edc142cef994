export const greeting = () => "Hello from the edge";
